#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=18G cpus=2 timeout=3600
#
# A RAM disk of 16 GiB, full: filled by writes and freed by detach, then preallocated and freed,
# then filled and discarded. No soft lockup, and the memory is back each time. Last, what keeps
# the books of a cache of 300 GiB.
. /src/tests/vm/lib.sh

control=/sys/kernel/rapiddisk
size=$((16 * 1024 * 1048576))

leave() {
	dmsetup remove --retry large
	rmmod rapiddisk_cache
	echo "rapiddisk detach 0" >$control/mgmt
	rmmod rapiddisk
}
t_atexit leave

# The kernel's own: a CPU that does not schedule for 20 s is locked up.
echo 10 >/proc/sys/kernel/watchdog_thresh

free_mib() {
	awk '/^MemFree/ { print int($2 / 1024) }' /proc/meminfo
}

# timed NAME COMMAND... - runs it and notes how long it took, and what was free then
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
t_is "and held" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" $size
udevadm settle
t_run "detach frees them" timed "detach of a full disk" command detach 0
t_run "before it returns" [ "$(free_mib)" -ge $((before - 128)) ]

t_run "16 GiB are preallocated" timed "preallocate" command attach 0 $size preallocate=1
udevadm settle
t_run "detach frees them" timed "detach of a preallocated disk" command detach 0
t_run "before it returns" [ "$(free_mib)" -ge $((before - 128)) ]

command attach 0 $size
fill
t_run "16 GiB are discarded" timed "discard" blkdiscard -f /dev/rd0
t_is "all of them" "$(cat /sys/block/rd0/rapiddisk/used_bytes)" 0
t_run "before it returns" [ "$(free_mib)" -ge $((before - 128)) ]
udevadm settle

modprobe rapiddisk-cache
t_run "a cache of 300 GiB is made" timed "cache" dmsetup create large --table \
	"0 $((size / 512)) rapiddisk-cache /dev/rd0 - $((300 << 21))"
udevadm settle
t_is "and is that large" "$(cat /sys/kernel/rapiddisk_cache/large/limit_bytes)" $((300 << 30))
dd if=/dev/urandom of=/dev/mapper/large bs=1M count=64 oflag=direct
t_is "and its content is right" "$(dd if=/dev/mapper/large bs=1M count=64 iflag=direct | md5sum)" \
	"$(dd if=/dev/rd0 bs=1M count=64 iflag=direct | md5sum)"
t_run "and goes" timed "its removal" dmsetup remove --retry large
t_run "with all its memory" [ "$(free_mib)" -ge $((before - 256)) ]
