#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie icount memory=1G timeout=900
#
# slow-cache-latency - measure for how long a full, hot cache disables interrupts.
#
# The guest counts instructions as time, so a figure does not depend on the load of the host. All
# blocks of the cache have been hit. An eviction then spares many of them before it takes one.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

limit=100000 # instructions
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"
sectors=$((512 * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"

# pass FIRST COUNT - read COUNT pieces of 2 MiB from piece FIRST on
pass() {
	dd if=$cache of=/dev/null bs=2M skip="$1" count="$2" iflag=direct status=none
}

# Make 48 MiB hot. A block that is hit and then leaves the small queue enters the main queue, where an
# eviction spares the block once per further hit, three times at most.
heat() {
	dmsetup message cache 0 drop
	pass 0 24
	pass 0 24
	pass 60 16
	for _ in 1 2 3; do
		pass 0 24
	done
}

# measure WORDS COMMAND... - check the longest time with interrupts disabled while COMMAND runs
measure() {
	local words=$1 got
	shift
	heat
	t_case "$words disable interrupts for less than $limit instructions"
	got=$(irqsoff "$@") || {
		fail "irqsoff failed"
		return
	}
	t_note "$words: $got"
	if [ "${got%% *}" -lt $limit ]; then ok; else fail "$got"; fi
}

for mode in 0 1; do
	t_run "mode $mode: the cache is created" c_create - $((64 * 2048)) $mode
	heat
	dmsetup message cache 0 stats_reset
	pass 0 24
	t_is "mode $mode: the hot blocks are cached" "$(c_stat misses)" 0
	measure "mode $mode: reads of 2 MiB that miss" \
		dd if=$cache of=/dev/null bs=2M skip=100 count=32 iflag=direct status=none
	t_run "mode $mode: these reads were cached" test "$(c_stat evictions)" -ge 1024
	measure "mode $mode: writes of 2 MiB to cached blocks" \
		dd if=/dev/zero of=$cache bs=2M count=24 oflag=direct status=none
	measure "mode $mode: writes of 2 MiB to other blocks" \
		dd if=/dev/zero of=$cache bs=2M seek=100 count=24 oflag=direct status=none
	measure "mode $mode: zeroes over the hot blocks" blkdiscard -z -l 48M $cache
	measure "mode $mode: a drop of all blocks" dmsetup message cache 0 drop
	measure "mode $mode: a suspend and resume" sh -c 'dmsetup suspend cache && dmsetup resume cache'
	c_remove
done
