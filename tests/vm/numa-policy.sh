#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=2G append=numa=fake=2
#
# numa-policy - fill a RAM disk and a cache from a task that is bound to one NUMA node.
#
# All users share the memory of a RAM disk and of a cache, so it does not follow the policy of the
# task that happens to write or read first.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache rapiddisk"
t_run "the guest has two nodes" test -d /sys/devices/system/node/node1
total=$(awk '$3 == "MemTotal:" { print int($4 / 1024) }' /sys/devices/system/node/node1/meminfo)
t_note "node 1 has $total MiB"
size=$((total + 200))

# Run a command with all memory from node 1 (set_mempolicy, MPOL_BIND).
cat >"$t_dir/bound.py" <<'END'
import ctypes, os, sys

libc = ctypes.CDLL(None, use_errno=True)
mask = ctypes.c_ulong(2)
if libc.syscall(238, 2, ctypes.byref(mask), 64):
    sys.exit(os.strerror(ctypes.get_errno()))
os.execvp(sys.argv[1], sys.argv[1:])
END
bound() {
	python3 "$t_dir/bound.py" "$@"
}

echo "rapiddisk attach 0 $((size << 20))" >$mgmt
t_atexit "t_detach 0"
udevadm settle
t_run "a bound task can write more to a RAM disk than its node has" \
	bound dd if=/dev/zero of=/dev/rd0 bs=1M count=$size oflag=direct
t_detach 0

sectors=$((2048 * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"
c_create - $((size * 2048))
bound dd if=$cache of=/dev/null bs=1M count=$size iflag=direct
t_note "the cache holds $(($(c_stat memory_bytes) >> 20)) MiB"
t_run "a bound task can fill a cache with more than its node has" \
	test "$(($(c_stat memory_bytes) >> 20))" -ge $((total + 50))
c_remove
