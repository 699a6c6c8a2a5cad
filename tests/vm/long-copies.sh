#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie icount memory=1G append=preempt=none
#
# long-copies - check that a long read or write does not keep other tasks from the CPU.
#
# A direct I/O with memory in huge pages reaches a driver as one request of up to 512 MiB. The guest
# counts instructions as time, so a figure does not depend on the load of the host. It includes some
# milliseconds for which the scheduler leaves the CPU to one of two tasks in any case.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

limit=20000000 # instructions
mib=192
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache rapiddisk"
t_atexit "echo 0 >/proc/sys/vm/nr_hugepages"
t_atexit "t_detach 0"

# measure WORDS read|nowait|write FILE - check for how long another task waits for the CPU
measure() {
	local got
	t_case "$1 lets other tasks run within $limit instructions"
	got=$(cpuwait "$2" "$3" $mib) || {
		fail "cpuwait failed"
		return
	}
	t_note "$1: $got"
	if [ "$got" -lt $limit ]; then ok; else fail "$got"; fi
}

t_run "a RAM disk is attached" sh -c "echo rapiddisk attach 0 $((mib << 20)) >/sys/kernel/rapiddisk/mgmt"
udevadm settle
measure "a read of a RAM disk without data" read /dev/rd0
measure "a write that allocates the memory of a RAM disk" write /dev/rd0
measure "a write to a RAM disk" write /dev/rd0
measure "a read of a RAM disk" read /dev/rd0
t_is "the RAM disk has the data" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" $((mib << 20))
t_detach 0

sectors=$((mib * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"
t_run "a cache is created" c_create - $(((mib + 64) * 2048))
measure "a read that fills a cache" read $cache
t_is "the read filled the cache" "$(c_stat cached_bytes)" $((mib << 20))
dmsetup message cache 0 stats_reset
measure "a read of cached data" read $cache
measure "a read of cached data that must not wait" nowait $cache
t_is "all of both reads hit" "$(c_stat misses)" 0
measure "a write through a cache" write $cache
t_is "the written data is cached" "$(c_stat cached_bytes)" $((mib << 20))
c_remove
