#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie timeout=900
# guest: suite=bookworm timeout=900
#
# slow-cache-io - verify reads through the cache under overlapping requests and changes.
#
# Reads, writes, fills and discards of all sizes overlap. The cache is changed under load.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

c_source 64
modprobe dm-delay

# same_blocks READERS - let all READERS read the same blocks at the same time
same_blocks() {
	fio --name=r --filename=$cache --rw=read --bs=4k --size=8M --ioengine=psync --direct=1 \
		--numjobs="$1" --thread --group_reporting --output-format=terse
}

for readers in 2 8; do
	c_create - 32768
	t_run "$readers readers of the same cold blocks" same_blocks $readers
	dmsetup message cache 0 stats_reset
	t_run "$readers readers of the same hot blocks" same_blocks $readers
	t_is "hot reads evict and miss nothing, $readers readers" "$(c_stat evictions) $(c_stat misses)" "0 0"
	t_run "cache and source are equal, $readers readers" c_same
	c_remove
done

# A slow source makes fills and writes overlap. Writes cover whole blocks and parts of blocks, in
# both modes.
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
	t_run "writes overtake fills, mode $mode" test "$(c_stat read_invalidates)" -gt 0
	t_run "cache and source are equal, mode $mode, slow source" c_same
	dmsetup message cache 0 drop
	t_run "cache and source are equal after drop, mode $mode, slow source" c_same
	c_remove
	source=$fast
	c_create - 1024 $mode
	t_run "no stale byte, mode $mode, fast source, small cache" \
		stale $cache 4096 8 5000 $((mode + 3))
	t_run "cache and source are equal, mode $mode, fast source, small cache" c_same
	c_remove
done
dmsetup remove --retry slow

# The cache changes all the time while `stale` searches for stale bytes.
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
t_run "cache and source are equal after the changes" c_same
c_remove

# fio verifies its own writes while other jobs use the same ranges. brd of Linux 6.1 has no discard.
trims=randtrimwrite
[ "$(lsblk -bdno DISC-MAX $source | xargs)" != 0 ] || trims=randwrite
verify() { # DIRECT
	fio --name=global --filename=$cache --direct="$1" --ioengine=libaio --iodepth=8 \
		--bssplit=512/10:4k/50:32k/20:256k/15:1M/5 --bs_unaligned=0 --thread \
		--time_based=0 --io_size=24M --output-format=terse --randrepeat=0 \
		--name=w0 --rw=randwrite --offset=0 --size=16M --verify=crc32c \
		--name=w1 --rw=randwrite --offset=16M --size=16M --verify=crc32c \
		--name=w2 --rw=randwrite --offset=32M --size=16M --verify=crc32c \
		--name=r0 --rw=randread --offset=0 --size=64M \
		--name=t0 --rw=$trims --offset=48M --size=16M
}
for direct in 1 0; do
	c_create - 32768 0
	t_run "overlapping fio jobs verify, direct=$direct" verify $direct
	sync
	blockdev --flushbufs $cache
	t_run "cache and source are equal, direct=$direct" c_same
	dmsetup message cache 0 drop
	t_run "cache and source are equal after drop, direct=$direct" c_same
	t_is "the source has no error, direct=$direct" "$(c_stat source_errors)" 0
	c_remove
done

# io_uring marks every bio as one that must not wait (REQ_NOWAIT). The source has few tags and
# segments, and completes late. The cache has holes. Parts of one bio could therefore end
# differently.
modprobe null_blk nr_devices=0
nullb=/sys/kernel/config/nullb/n0
mkdir $nullb
t_atexit "dmsetup remove --retry cache; echo 0 >$nullb/power; rmdir $nullb; modprobe -r null_blk"
for setting in size=64 memory_backed=1 submit_queues=1 hw_queue_depth=2 irqmode=2 \
	completion_nsec=300000 power=1; do
	echo "${setting#*=}" >"$nullb/${setting%%=*}"
done
udevadm settle
# The disk has the name of its configfs directory, or a number on older kernels.
source=/dev/n0
[ -b $source ] || source=/dev/nullb$(cat $nullb/index)
nowait() {
	fio --name=global --filename=$cache --direct=1 --ioengine=io_uring --iodepth=8 --thread \
		--bssplit=4k/50:64k/20:1M/30 --randrepeat=0 --output-format=terse \
		--name=w --rw=randwrite --size=32M --io_size=48M --verify=crc32c \
		--name=r --rw=randread --size=64M --io_size=256M
}
for mode in 0 1; do
	c_create - 65536 $mode
	t_run "io_uring sees no error, mode $mode" nowait
	t_run "io_uring reads holes of the cache, mode $mode" test "$(c_stat misses)" -gt 0
	t_run "cache and source are equal after io_uring, mode $mode" c_same
	dmsetup message cache 0 drop
	t_run "cache and source are equal after io_uring and drop, mode $mode" c_same
	t_is "the source has no error, mode $mode" "$(c_stat source_errors)" 0
	c_remove
done

# 256 pages are more segments than the source accepts. The cache knows that before a write begins.
c_create - 65536
dmsetup message cache 0 stats_reset
t_run "io_uring writes more pages than the source has segments" \
	fio --name=w --filename=$cache --direct=1 --ioengine=io_uring --rw=write --bs=1M --size=16M
t_is "the cache counts each write once" \
	"$(cat "/sys/block/${source#/dev/}/queue/max_segments") $(c_stat writes)" "128 16"
t_run "the cache has all written blocks" test "$(c_stat cached_bytes)" -ge $((16 << 20))
t_run "cache and source are equal after the large writes" c_same
c_remove
