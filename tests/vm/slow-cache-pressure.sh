#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie icount memory=1G timeout=1800
#
# slow-cache-pressure - check that a cache does not at once take back the memory that it had to give.
#
# The cache may be larger than the memory. The guest counts instructions as time, so the figures do
# not depend on the load of the host.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

reads=300000
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache"
# Reads of zeroes need no memory.
sectors=$((4096 * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"

# Print a counter of /proc/vmstat.
vmstat() {
	awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat
}

held() {
	echo $(($(c_stat memory_bytes) >> 20))
}

# random COUNT - read COUNT random blocks of the cache
random() {
	fio --name=random --filename=$cache --rw=randread --bs=4k --direct=1 --ioengine=psync --norandommap \
		--randseed=7 --number_ios="$1" --thread --output-format=terse --terse-version=3 >/dev/null
}

t_run "the cache is created" c_create - $((2048 * 2048))
# Fill the memory.
dd if=$cache of=/dev/null bs=2M count=450 iflag=direct
t_note "the cache holds $(held) MiB, and the memory is used up"
t_run "the cache has most of the memory" test "$(held)" -ge 500
dmsetup message cache 0 stats_reset
scanned=$(vmstat pgscan_kswapd) slabs=$(vmstat slabs_scanned)
started=${EPOCHREALTIME/./}
t_run "$reads random blocks are read" random $reads
t_note "$(((${EPOCHREALTIME/./} - started) / 1000)) ms, held $(held) MiB; hits $(c_stat hits), fills $(c_stat fills)," \
	"evictions $(c_stat evictions);" \
	"pgscan_kswapd $(($(vmstat pgscan_kswapd) - scanned)), slabs_scanned $(($(vmstat slabs_scanned) - slabs))"
slabs=$(($(vmstat slabs_scanned) - slabs))
t_run "the kernel takes back less than a third of what is read" test "$slabs" -lt $((reads / 3))
t_run "most of the memory stays with the cache" test "$(held)" -ge 400
t_run "the cache changes its content nevertheless" test "$(c_stat fills)" -ge $((reads / 4))
c_remove
