#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie timeout=600
#
# slow-cache-life [ROUNDS] - create and remove caches under load, and check that no memory is lost.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

rounds=${1:-16}
mgmt=/sys/kernel/rapiddisk/mgmt
c_source 16
echo "rapiddisk attach 5 $((8 << 20))" >$mgmt
t_atexit "t_detach 5"
udevadm settle

# Print the KiB that the kernel uses itself. These are the pages that are neither free nor of
# processes or files (the journal is a file, and grows with the errors of this test). The pages that
# each CPU keeps for its next allocations count as free. They are tens of MiB, and vary.
memory() {
	sync
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	# A read of stat_refresh adds the counters of the CPUs to the global ones.
	cat /proc/sys/vm/stat_refresh
	awk '/^MemTotal:/ { taken += $2 }
		/^(MemFree|Cached|Buffers|AnonPages|SwapCached):/ { taken -= $2 }
		$1 == "count:" { taken -= 4 * $2 }
		END { print taken }' /proc/meminfo /proc/zoneinfo
}

# meminfo NAME - print a value of /proc/meminfo in KiB
meminfo() {
	awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo
}

# Run I/O until the device is removed.
load() {
	fio --name=l --filename=$cache --rw=randrw --bsrange=512-128k --bs_unaligned=0 \
		--size=16M --direct=1 --ioengine=libaio --iodepth=8 --time_based=1 --runtime=60 \
		--thread
}

round() {
	local memory=/dev/rd5 worker
	[ $(($1 % 2)) -eq 0 ] || memory="- 16384 $(($1 / 2 % 2))"
	c_create "$memory" || return
	load &
	worker=$!
	sleep 0.5
	dmsetup table cache | dmsetup load cache &&
		dmsetup suspend cache && dmsetup resume cache &&
		dmsetup message cache 0 bypass on && dmsetup message cache 0 bypass off &&
		dmsetup message cache 0 resize 8192 || return
	# --force replaces the table under the load, which gets errors and ends.
	dmsetup remove --force --retry cache
	wait $worker
	dmsetup remove --retry cache 2>/dev/null
	! dmsetup info cache 2>/dev/null
}

for ((i = 0; i < 4; i++)); do
	t_run "first round $i succeeds" round $i
done
before=$(memory) slab_before=$(meminfo SUnreclaim) vmalloc_before=$(meminfo VmallocUsed)
t_case "$rounds rounds of create, load, reload, suspend, bypass, resize and remove"
failed=0
for ((i = 1; i <= rounds; i++)); do
	round $i || failed=$i
done
if [ $failed = 0 ]; then ok; else fail "round $failed failed"; fi
after=$(memory) slab=$(meminfo SUnreclaim) vmalloc=$(meminfo VmallocUsed)
t_note "kernel memory, KiB: $before before, $after after; slab $slab_before, $slab;" \
	"vmalloc $vmalloc_before, $vmalloc"
# A round that lost the pages of its cache would cost 4 MiB or more, a lost index 80 KiB.
t_run "no pages are lost" test "$after" -lt $((before + 8192))
t_run "no slab memory is lost" test "$slab" -lt $((slab_before + 1024))
t_run "no large array is lost" test "$vmalloc" -lt $((vmalloc_before + 512))
# A suspend drops the content while a shrinker takes the memory.
t_case "$rounds suspends while the kernel takes the memory back"
failed=0
c_create - 32768
for ((i = 1; i <= rounds; i++)); do
	# A new index takes memory at once; one that was shrunk takes none for a second.
	dmsetup message cache 0 bypass on
	dmsetup message cache 0 bypass off
	dd if=$cache of=/dev/null bs=1M iflag=direct
	echo 2 >/proc/sys/vm/drop_caches &
	worker=$!
	dmsetup suspend cache
	dd if=/dev/urandom of=$source bs=64k count=16 seek=$((i * 16 % 256)) oflag=direct
	dmsetup resume cache
	wait $worker
	c_same || failed=$i
done
c_remove
if [ $failed = 0 ]; then ok; else fail "cache and source differ after round $failed"; fi
t_is "the RAM disk holds no page" "$(cat /sys/block/rd5/rapiddisk/used_bytes)" 0
t_is "no counters are left" "$(ls /sys/kernel/rapiddisk_cache)" ""
t_run "the module unloads" modprobe -r rapiddisk-cache
