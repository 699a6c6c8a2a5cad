#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie icount memory=2G
#
# slow-cache-suspend - measure for how long a suspend and a resume of a full cache stop all I/O.
#
# The guest counts instructions as time, so a figure does not depend on the load of the host. The time
# of a suspend of the empty cache, most of which dmsetup takes, does not count.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

mib=1024
limit=40000 # microseconds, a thousand instructions each: 152 instructions per block
mgmt=/sys/kernel/rapiddisk/mgmt
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache rapiddisk"
t_atexit "t_detach 0"
sectors=$((mib * 2048))
dmsetup create zeroes --table "0 $sectors zero"
t_atexit "dmsetup remove --retry zeroes"
source=/dev/mapper/zeroes
t_atexit "dmsetup remove --retry cache"

meminfo() {
	awk -v name="$1:" '$1 == name { print int($2 / 1024) }' /proc/meminfo
}

held() {
	echo $(($(c_stat memory_bytes) >> 20))
}

# distance A B - print how far two numbers are apart
distance() {
	echo $(($1 > $2 ? $1 - $2 : $2 - $1))
}

# took COMMAND... - set $us to the microseconds that COMMAND takes
took() {
	local started=${EPOCHREALTIME/./}
	"$@"
	us=$((${EPOCHREALTIME/./} - started))
}

# stop - suspend and resume the cache; set $suspend and $resume to the microseconds, and $cached to the
# content while suspended. After the resume, udevd reads the device.
stop() {
	udevadm settle
	took dmsetup suspend cache
	suspend=$us cached=$(c_stat cached_bytes)
	took dmsetup resume --noudevsync cache
	resume=$us
}

fill() { # MIB
	dd if=$cache of=/dev/null bs=2M count=$(($1 / 2)) iflag=direct
}

claimed=$(meminfo KReclaimable)
t_run "the cache is created" c_create - $((mib * 2048))
stop
stop
empty_suspend=$suspend empty_resume=$resume
t_note "empty: suspend $suspend us, resume $resume us"
fill $mib
full=$(held)
t_run "the cache is full" test "$full" -ge $((mib - mib / 32))
stop
t_note "$full MiB: suspend $suspend us, resume $resume us"
t_run "the suspend of the full cache takes less than $limit us more" test $((suspend - empty_suspend)) -lt $limit
t_run "the resume of the full cache takes less than $limit us more" test $((resume - empty_resume)) -lt $limit
t_is "the suspend drops the content" "$cached" 0
t_run "the memory of the cache is reclaimable" \
	test "$(distance $((claimed + $(held))) "$(meminfo KReclaimable)")" -lt 32
fill $mib
t_run "the cache fills again" test "$(c_stat cached_bytes)" -ge $(((mib - mib / 8) << 20))

dmsetup suspend cache
echo 3 >/proc/sys/vm/drop_caches
t_is "a suspended cache gives its memory when the kernel needs memory" "$(held)" 0
t_run "its memory is not reclaimable any more" test "$(distance "$claimed" "$(meminfo KReclaimable)")" -lt 32
dmsetup resume cache
c_remove

# The cache has the pages of a preallocated disk, which the new table gets from the old one.
mib=256
t_run "a RAM disk is preallocated" sh -c "echo rapiddisk attach 0 $((mib << 20)) preallocate=1 >$mgmt"
udevadm settle
t_run "a cache borrows the disk" c_create /dev/rd0
fill $mib
t_is "the cache on the disk is full" "$(held)" $mib
stop
t_is "the suspend drops the content of the cache on the disk" "$cached" 0
fill $mib
t_run "the cache on the disk fills again" test "$(c_stat cached_bytes)" -ge $(((mib - mib / 8) << 20))
dmsetup reload cache --table "0 $sectors rapiddisk-cache $source /dev/rd0"
stop
t_run "the new table begins empty" test "$(c_stat cached_bytes)" -lt $((mib << 19))
fill $mib
t_run "the cache of the new table fills" test "$(c_stat cached_bytes)" -ge $(((mib - mib / 8) << 20))
c_remove
t_detach 0
