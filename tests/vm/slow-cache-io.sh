#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie timeout=900
# guest: suite=bookworm timeout=900
#
# What comes out of the cache is what the source holds: readers, writers, fills, discards that
# overlap, of all sizes, and changes of the cache under load.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh

c_source 64
modprobe dm-delay

# READERS: all read the same blocks at the same time
same_blocks() {
	fio --name=r --filename=$cache --rw=read --bs=4k --size=8M --ioengine=psync --direct=1 \
		--numjobs="$1" --thread --group_reporting --output-format=terse
}

for readers in 2 8; do
	c_create - 32768
	t_run "$readers readers of the same cold blocks" same_blocks $readers
	dmsetup message cache 0 stats_reset
	t_run "$readers readers of the same hot blocks" same_blocks $readers
	t_is "reading evicts and misses nothing" "$(c_stat evictions) $(c_stat misses)" "0 0"
	t_run "and every byte is right" c_same
	c_remove
done

# The source is slow, so that fills and writes overlap; both kinds of write, whole blocks and
# parts of them.
dmsetup create slow --table "0 $sectors delay $source 0 2 $source 0 1"
t_atexit "dmsetup remove --retry slow"
udevadm settle
fast=$source
for mode in 0 1; do
	source=/dev/mapper/slow
	c_create - 2048 $mode
	t_run "no stale byte, mode $mode, slow source" \
		stale $cache 512 8 1250 $((mode + 1))
	t_note "$(tail -n 1 "$t_log"); $(grep -H . /sys/kernel/rapiddisk_cache/cache/{hits,misses,partial_hits,fills,read_invalidates,write_invalidates,evictions} | sed 's/.*cache\///' | xargs)"
	t_run "fills were overtaken by writes" test "$(c_stat read_invalidates)" -gt 0
	t_run "the content is the source's" c_same
	dmsetup message cache 0 drop
	t_run "and after drop" c_same
	c_remove
	source=$fast
	c_create - 1024 $mode
	t_run "no stale byte, mode $mode, fast source, small cache" \
		stale $cache 4096 8 5000 $((mode + 3))
	t_run "the content is the source's" c_same
	c_remove
done
dmsetup remove --retry slow

# The cache changes all the time while somebody looks for stale bytes.
c_create - 2048 0
looking() {
	local seed=9
	while [ ! -e "$t_dir/enough" ]; do
		stale $cache 4096 4 2000 $seed || return
		seed=$((seed + 1))
	done
}
looking >"$t_dir/stale" 2>&1 &
looking=$!
change() { # ROUND
	dmsetup message cache 0 bypass on &&
		dmsetup message cache 0 bypass off &&
		dmsetup message cache 0 resize $((1024 + $1 % 8 * 512)) &&
		dmsetup message cache 0 drop &&
		dmsetup suspend cache &&
		dmsetup table cache | dmsetup load cache &&
		dmsetup resume cache
}
t_case "20 rounds of bypass, resize, drop, suspend and reload under load"
failed=0
for ((round = 1; round <= 20; round++)); do
	change $round || failed=$round
done
if [ $failed = 0 ]; then ok; else fail "round $failed failed"; fi
touch "$t_dir/enough"
t_run "no stale byte while the cache changes under load" wait $looking
cat "$t_dir/stale"
t_note "meanwhile $(wc -l <"$t_dir/stale") runs, the last with $(tail -n 1 "$t_dir/stale")"
t_run "the content is the source's" c_same
c_remove

# fio's own oracle, with other jobs in the same places.
verify() { # DIRECT
	fio --name=global --filename=$cache --direct="$1" --ioengine=libaio --iodepth=8 \
		--bssplit=512/10:4k/50:32k/20:256k/15:1M/5 --bs_unaligned=0 --thread \
		--time_based=0 --io_size=24M --output-format=terse --randrepeat=0 \
		--name=w0 --rw=randwrite --offset=0 --size=16M --verify=crc32c \
		--name=w1 --rw=randwrite --offset=16M --size=16M --verify=crc32c \
		--name=w2 --rw=randwrite --offset=32M --size=16M --verify=crc32c \
		--name=r0 --rw=randread --offset=0 --size=64M \
		--name=t0 --rw=randtrimwrite --offset=48M --size=16M
}
for direct in 1 0; do
	c_create - 32768 0
	t_run "overlapping fio jobs verify, direct=$direct" verify $direct
	sync
	blockdev --flushbufs $cache
	t_run "the content is the source's" c_same
	dmsetup message cache 0 drop
	t_run "and after drop" c_same
	t_is "no error of the source" "$(c_stat source_errors)" 0
	c_remove
done
