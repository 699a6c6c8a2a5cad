#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=18G cpus=2 timeout=3600
#
# slow-ramdisk-16g - fill and free a RAM disk of 16 GiB, and create a cache of 300 GiB.
#
# The disk is filled by writes and freed by detach, preallocated and freed, then filled and
# discarded. No soft lockup occurs, and the memory is free again each time. Last, the metadata of
# a cache of 300 GiB is allocated and freed.
. /src/tests/vm/lib.sh || exit

control=/sys/kernel/rapiddisk
size=$((16 * 1024 * 1048576))

leave() {
	dmsetup remove --retry large
	rmmod rapiddisk_cache
	echo "rapiddisk detach 0" >$control/mgmt
	rmmod rapiddisk
}
t_atexit leave

# With the kernel's default, a CPU that does not schedule for 20 s is locked up.
echo 10 >/proc/sys/kernel/watchdog_thresh

free_mib() {
	awk '/^MemFree/ { print int($2 / 1024) }' /proc/meminfo
}

# timed NAME COMMAND... - run COMMAND, and note the time and the free memory afterwards
timed() {
	local name=$1 from=$EPOCHREALTIME status
	shift
	"$@"
	status=$?
	t_note "$name: $(awk -v a="$from" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }') s," \
		"MemFree $(free_mib) MiB"
	return $status
}

command() {
	echo "rapiddisk $*" >$control/mgmt
}

fill() {
	dd if=/dev/zero of=/dev/rd0 bs=1M oflag=direct count=16384
}

modprobe rapiddisk
before=$(free_mib)
t_note "MemFree before: $before MiB"

command attach 0 $size
t_run "16 GiB are written" timed "fill" fill
t_is "the disk holds 16 GiB" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" $size
udevadm settle
t_run "detach of a full disk succeeds" timed "detach of a full disk" command detach 0
t_run "detach of a full disk frees the memory before its return" \
	[ "$(free_mib)" -ge $((before - 128)) ]

t_run "16 GiB are preallocated" timed "preallocate" command attach 0 $size preallocate=1
udevadm settle
t_run "detach of a preallocated disk succeeds" timed "detach of a preallocated disk" \
	command detach 0
t_run "detach of a preallocated disk frees the memory before its return" \
	[ "$(free_mib)" -ge $((before - 128)) ]

command attach 0 $size
fill
t_run "16 GiB are discarded" timed "discard" blkdiscard -f /dev/rd0
t_is "discard frees all pages" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" 0
t_run "discard frees the memory before its return" [ "$(free_mib)" -ge $((before - 128)) ]
udevadm settle

modprobe rapiddisk-cache
t_run "a cache of 300 GiB is created" timed "cache" dmsetup create large --table \
	"0 $((size / 512)) rapiddisk-cache /dev/rd0 - $((300 << 21))"
udevadm settle
t_is "the cache has a limit of 300 GiB" "$(cat /sys/kernel/rapiddisk_cache/large/limit_bytes)" $((300 << 30))
dd if=/dev/urandom of=/dev/mapper/large bs=1M count=64 oflag=direct
t_is "the cache has the content of its source" "$(dd if=/dev/mapper/large bs=1M count=64 iflag=direct | md5sum)" \
	"$(dd if=/dev/rd0 bs=1M count=64 iflag=direct | md5sum)"
t_run "the cache is removed" timed "removal of the cache" dmsetup remove --retry large
t_run "the removal of the cache frees its memory" [ "$(free_mib)" -ge $((before - 256)) ]
