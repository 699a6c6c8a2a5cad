#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm
# guest: suite=trixie
#
# test-udev - check that links and blkid properties of RAM disks follow the disks' content.
#
# Other drivers' disks get no link and no property from the project's rules.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
device=/dev/rd7
by_id=/dev/disk/by-id/rapiddisk-rd7
uuid=5d0a6f0e-7c8f-4d7c-b2a9-6a1d4be0c001
other_uuid=5d0a6f0e-7c8f-4d7c-b2a9-6a1d4be0c002

property() {
	udevadm info --query=property --name="$1" | sed -n "s/^$2=//p"
}

# True if the link LINK leads to DEVICE. The close of a writer causes an event, so wait for udev.
same_device() { # LINK DEVICE
	udevadm settle
	[ "$(readlink -f "$1")" = "$2" ]
}

absent() {
	udevadm settle
	[ ! -e "$1" ] && [ ! -L "$1" ]
}

modprobe rapiddisk
t_atexit "umount /mnt; swapoff $device; t_detach 7; modprobe -r rapiddisk"
echo "rapiddisk attach 7 $((64 << 20))" >"$mgmt"

t_run "a new disk has its by-id link" same_device "$by_id" "$device"
t_is "udisks ignores the disk" "$(property "$device" UDISKS_IGNORE)" 1
t_is "an empty disk has no file system" "$(property "$device" ID_FS_TYPE)" ""
t_is "probing an empty disk allocates no memory" "$(cat /sys/block/rd7/rapiddisk/used_bytes)" 0

mkfs.ext4 -q -U "$uuid" -L scratch "$device"
t_run "mkfs makes the by-uuid link" same_device "/dev/disk/by-uuid/$uuid" "$device"
t_run "mkfs makes the by-label link" same_device /dev/disk/by-label/scratch "$device"
t_is "blkid's properties are in udev's database" "$(property "$device" ID_FS_TYPE)" ext4
t_is "lsblk knows the file system" "$(lsblk -no FSTYPE,LABEL "$device" | xargs)" \
	"ext4 scratch"
t_run "mount by UUID finds the disk" mount "UUID=$uuid" /mnt
umount /mnt

e2fsck -fp "$device"
# udevd does not watch a disk while it probes the disk, so it would miss the next change.
udevadm settle
tune2fs -U "$other_uuid" "$device"
t_run "a changed UUID moves the link" same_device "/dev/disk/by-uuid/$other_uuid" "$device"
t_run "the link of the old UUID no longer exists" absent "/dev/disk/by-uuid/$uuid"

wipefs -qa "$device"
t_run "wipefs removes the by-uuid link" absent "/dev/disk/by-uuid/$other_uuid"
t_run "wipefs keeps the by-id link" same_device "$by_id" "$device"

mkswap -q -L memory "$device"
t_run "swapon finds the disk by label" sh -c 'udevadm settle; swapon LABEL=memory'
swapoff "$device"
wipefs -qa "$device"

t_detach 7
t_run "detach removes the by-id link" absent "$by_id"
echo "rapiddisk attach 7 $((32 << 20))" >"$mgmt"
t_run "a new disk of the same name has the by-id link" same_device "$by_id" "$device"

modprobe brd rd_nr=1 rd_size=4096
mkfs.ext4 -q -U "$uuid" /dev/ram0
t_run "a disk of brd gets no link from the project's rules" absent "/dev/disk/by-uuid/$uuid"
t_is "a disk of brd gets no property from the project's rules" \
	"$(property /dev/ram0 ID_RAPIDDISK)$(property /dev/ram0 UDISKS_IGNORE)" ""
for uuid in RAPIDDISK-cache-test OTHER-test; do
	echo "0 8192 linear /dev/ram0 0" | dmsetup create "$uuid" --uuid "$uuid"
done
udevadm settle
t_is "udisks ignores a map of the project" \
	"$(property /dev/mapper/RAPIDDISK-cache-test UDISKS_IGNORE)" 1
t_is "udisks does not ignore another map" "$(property /dev/mapper/OTHER-test UDISKS_IGNORE)" ""
dmsetup remove OTHER-test RAPIDDISK-cache-test
modprobe -r brd
