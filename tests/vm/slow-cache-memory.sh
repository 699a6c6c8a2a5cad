#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G disk=1G timeout=900
# guest: suite=bookworm memory=1G disk=1G timeout=900
#
# A full cache gives way to a process that needs memory: nobody is killed, and it gives about
# what is needed, not all that it has.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh

modprobe rapiddisk-cache
t_atexit "dmsetup remove --retry cache; modprobe -r rapiddisk-cache"
source=/dev/vdb
sectors=$((1024 * 2048))

meminfo() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

# A part of the device: all of it takes minutes.
c_sum() {
	dd if="$1" bs=1M skip=500 count=64 iflag=direct 2>/dev/null | md5sum
}

for round in 1 2 3; do
	c_create - $((600 * 2048)) 1
	# Twice: once the cache is full, more is read than it holds.
	dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
	dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
	full=$(($(c_stat memory_bytes) >> 20)) free=$(meminfo MemFree)
	t_run "the cache is full, round $round" test "$full" -ge 590
	t_run "a process gets 500 MiB, round $round" \
		python3 -c 'b = bytearray(500 << 20); b[::4096] = b"x" * len(b[::4096])'
	left=$(($(c_stat memory_bytes) >> 20)) needed=$((500 - free))
	t_note "$full MiB cached and $free MiB free before; $left MiB cached after"
	t_run "the cache has become smaller, round $round" test $left -lt $((full - needed))
	# The kernel leaves some tens free, for whoever comes next.
	t_run "but gave about what was needed, round $round" \
		test $left -ge $((full - needed - 100))
	t_run "the content is right, round $round" c_same
	t_note "$(c_stat evictions) evictions, $(c_stat hits) hits, $(c_stat misses) misses"
	c_remove
done
t_is "nobody was killed" "$(dmesg | grep -c 'Out of memory')" 0
