#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G disk=1G timeout=900
# guest: suite=bookworm memory=1G disk=1G timeout=900
#
# slow-cache-memory - check that a full cache frees memory for a process that needs memory.
#
# The cache frees about as much as is needed, not all of its memory, and no process is killed.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

modprobe rapiddisk-cache
t_atexit "dmsetup remove --retry cache; modprobe -r rapiddisk-cache"
source=/dev/vdb
sectors=$((1024 * 2048))

meminfo() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

# Compare a part of the device only, because all of it takes minutes.
c_sum() {
	dd if="$1" bs=1M skip=500 count=64 iflag=direct 2>/dev/null | md5sum
}

for round in 1 2 3; do
	c_create - $((600 * 2048)) 1
	# The first read fills the cache; the second reads more than the full cache holds.
	dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
	dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
	full=$(($(c_stat memory_bytes) >> 20)) free=$(meminfo MemFree)
	t_run "the cache is full, round $round" test "$full" -ge 590
	t_run "a process gets 500 MiB, round $round" \
		python3 -c 'b = bytearray(500 << 20); b[::4096] = b"x" * len(b[::4096])'
	left=$(($(c_stat memory_bytes) >> 20)) needed=$((500 - free))
	t_note "$full MiB cached and $free MiB free before; $left MiB cached after"
	t_run "the cache shrinks, round $round" test $left -lt $((full - needed))
	# The kernel keeps some tens of MiB free for later allocations.
	t_run "the cache frees about as much as needed, round $round" \
		test $left -ge $((full - needed - 100))
	t_run "cache and source are equal, round $round" c_same
	t_note "$(c_stat evictions) evictions, $(c_stat hits) hits, $(c_stat misses) misses"
	c_remove
done
t_is "the kernel killed no process" "$(dmesg | grep -c 'Out of memory')" 0
