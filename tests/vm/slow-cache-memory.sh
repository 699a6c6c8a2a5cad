#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G disk=1G
#
# A full cache gives way to a process that needs memory, and nobody is killed.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh

modprobe rapiddisk-cache
t_atexit "dmsetup remove --retry cache; modprobe -r rapiddisk-cache"
source=/dev/vdb
sectors=$((1024 * 2048))
c_create - $((600 * 2048)) 1
dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
dd if=$cache of=/dev/null bs=1M count=620 iflag=direct
full=$(c_stat memory_bytes)
t_note "cache: $((full >> 20)) MiB before"
t_run "the cache is large" test "$full" -gt $((450 << 20))
t_run "a process gets 500 MiB" \
	python3 -c 'b = bytearray(500 << 20); b[::4096] = b"x" * len(b[::4096])'
left=$(c_stat memory_bytes)
t_note "cache: $((left >> 20)) MiB after"
t_run "the cache has become smaller" test "$left" -lt "$full"
t_is "nobody was killed" "$(dmesg | grep -c 'Out of memory')" 0
# Not all of it: that takes minutes.
c_sum() {
	dd if="$1" bs=1M skip=500 count=32 iflag=direct 2>/dev/null | md5sum
}
t_run "the content is right" c_same
c_remove
