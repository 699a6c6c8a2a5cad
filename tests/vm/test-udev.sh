#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm
# guest: suite=trixie
#
# /dev/disk links and blkid properties of RAM disks follow their content, and stay away
# from other drivers' disks.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh

mgmt=/sys/kernel/rapiddisk/mgmt
device=/dev/rd7
by_id=/dev/disk/by-id/rapiddisk-rd7
uuid=5d0a6f0e-7c8f-4d7c-b2a9-6a1d4be0c001
other_uuid=5d0a6f0e-7c8f-4d7c-b2a9-6a1d4be0c002

property() {
	udevadm info --query=property --name="$1" | sed -n "s/^$2=//p"
}

# A closing writer makes an event; settle waits for what came of it.
same_device() {
	udevadm settle
	[ "$(readlink -f "$1")" = "$2" ]
}

absent() {
	udevadm settle
	[ ! -e "$1" ] && [ ! -L "$1" ]
}

modprobe rapiddisk
t_atexit "umount /mnt; swapoff $device; echo rapiddisk detach 7 >$mgmt; modprobe -r rapiddisk"
echo "rapiddisk attach 7 $((64 << 20))" >"$mgmt"

t_run "a new disk has its by-id link" same_device "$by_id" "$device"
t_is "an empty disk has no file system" "$(property "$device" ID_FS_TYPE)" ""
t_is "looking at it took no memory" "$(cat /sys/block/rd7/rapiddisk/used_bytes)" 0

mkfs.ext4 -q -U "$uuid" -L scratch "$device"
t_run "mkfs makes the by-uuid link" same_device "/dev/disk/by-uuid/$uuid" "$device"
t_run "mkfs makes the by-label link" same_device /dev/disk/by-label/scratch "$device"
t_is "blkid's properties are in udev's database" "$(property "$device" ID_FS_TYPE)" ext4
t_is "lsblk knows the file system" "$(lsblk -no FSTYPE,LABEL "$device" | xargs)" \
	"ext4 scratch"
t_run "mount by UUID finds it" mount "UUID=$uuid" /mnt
umount /mnt

e2fsck -fp "$device"
# udev does not watch a disk while it looks at it.
udevadm settle
tune2fs -U "$other_uuid" "$device"
t_run "a changed UUID moves the link" same_device "/dev/disk/by-uuid/$other_uuid" "$device"
t_run "the link of the old UUID is gone" absent "/dev/disk/by-uuid/$uuid"

wipefs -qa "$device"
t_run "after wipefs the by-uuid link is gone" absent "/dev/disk/by-uuid/$other_uuid"
t_run "the by-id link stays" same_device "$by_id" "$device"

mkswap -q -L memory "$device"
t_run "swap by label works" sh -c 'udevadm settle; swapon LABEL=memory'
swapoff "$device"
wipefs -qa "$device"

udevadm settle
echo "rapiddisk detach 7" >"$mgmt"
t_run "detach takes the by-id link away" absent "$by_id"
echo "rapiddisk attach 7 $((32 << 20))" >"$mgmt"
t_run "a new disk of that name has it again" same_device "$by_id" "$device"

modprobe brd rd_nr=1 rd_size=4096
mkfs.ext4 -q -U "$uuid" /dev/ram0
t_run "brd's disks get no link from us" absent "/dev/disk/by-uuid/$uuid"
t_is "brd's disks are not called ours" "$(property /dev/ram0 ID_RAPIDDISK)" ""
modprobe -r brd
