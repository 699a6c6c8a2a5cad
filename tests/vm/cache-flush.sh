#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie
#
# cache-flush - check that the cache passes every flush on, and adds no flush.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"
modprobe null_blk nr_devices=0
nullb=/sys/kernel/config/nullb/n0
mkdir $nullb
t_atexit "echo 0 >$nullb/power; rmdir $nullb; modprobe -r null_blk"
echo 64 >$nullb/size
echo 1 >$nullb/memory_backed
echo 16 >$nullb/cache_size
echo 1 >$nullb/power
udevadm settle
# The disk has the name of its configfs directory, or a number on older kernels.
null=/dev/n0
[ -b $null ] || null=/dev/nullb$(cat $nullb/index)
flushes() {
	awk '{ print $16 }' "/sys/block/${null#/dev/}/stat"
}
fsyncs() {
	fio --name=f --filename="$1" --rw=write --bs=4k --size=4M --ioengine=psync --fsync=1
}
source=$null
sectors=131072
for mode in 0 1; do
	f0=$(flushes)
	fsyncs "$null"
	f1=$(flushes)
	t_run "the cache is created, mode $mode" c_create - 16384 $mode
	f2=$(flushes)
	fsyncs $cache
	f3=$(flushes)
	t_note "mode $mode: $((f1 - f0)) flushes without the cache, $((f3 - f2)) with it"
	t_is "1024 fsynced writes cause as many flushes as without the cache, mode $mode" "$((f3 - f2))" "$((f1 - f0))"
	t_run "the writes without the cache caused flushes, mode $mode" test $((f1 - f0)) -ge 1023
	c_remove
done
