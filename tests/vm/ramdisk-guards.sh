#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie memory=1G
# guest: suite=bookworm memory=1G
#
# ramdisk-guards - check who may change RAM disks, and what a cache does with the disk it borrows.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

mgmt=/sys/kernel/rapiddisk/mgmt
mib=$((1 << 20))
modprobe rapiddisk-cache
t_atexit "modprobe -r rapiddisk-cache rapiddisk"
echo "rapiddisk attach 0 $((16 * mib))" >$mgmt
t_atexit "t_detach 0; t_detach 1"
udevadm settle

t_is "root without CAP_SYS_ADMIN cannot create a disk" \
	"$(setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
		bash -c "LC_ALL=C echo rapiddisk attach 1 $mib >$mgmt" 2>&1 | grep -o 'Operation not permitted')" \
	"Operation not permitted"
t_fails "no disk was created" test -e /sys/block/rd1
sh -c "echo rapiddisk attach 1 $mib >$mgmt"
udevadm settle
t_is "root without CAP_SYS_ADMIN cannot detach a disk" \
	"$(setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin \
		bash -c "LC_ALL=C echo rapiddisk detach 1 >$mgmt" 2>&1 | grep -o 'Operation not permitted')" \
	"Operation not permitted"
t_run "root with it can detach a disk" t_detach 1

# LVM accepts only devices whose major number it knows by name.
t_is "a disk has an extended device number" \
	"$(sed '1,/^Block/d' /proc/devices | awk -v major="$((0x$(stat -c %t /dev/rd0)))" '$1 == major { print $2 }')" blkext

# The wipe through a map, which is the only opener of the disk.
dmsetup create over --table "0 32768 linear /dev/rd0 0"
t_atexit "dmsetup remove --retry over"
udevadm settle
dd if=/dev/urandom of=/dev/mapper/over bs=1M count=16 oflag=direct
sum=$(dd if=/dev/rd0 bs=1M iflag=direct | md5sum)
udevadm settle
t_is "the wipe through a map is refused" "$(rdioctl /dev/mapper/over w wipe)" EBUSY
t_is "the disk below the map keeps its content" "$(dd if=/dev/rd0 bs=1M iflag=direct | md5sum)" "$sum"
udevadm settle
dmsetup remove --retry over
t_is "the wipe is done once the map is gone" "$(rdioctl /dev/rd0 w wipe)" ok

# A table that is loaded has the disk open. The page cache of the disk then outlives its last reader.
dd if=/dev/urandom of=/dev/rd0 bs=1M count=16 oflag=direct
dmsetup create zeroes --table "0 65536 zero"
t_atexit "dmsetup remove --retry zeroes"
dmsetup create cache --notable
t_atexit "dmsetup remove --retry cache"
udevadm settle
t_run "a table borrows the disk" dmsetup load cache --table "0 65536 rapiddisk-cache /dev/mapper/zeroes /dev/rd0"
cat /dev/rd0 >/dev/null
udevadm settle
t_run "the cache starts" dmsetup resume cache
udevadm settle
t_is "the disk reads as zeroes once it is lent" "$(tr -d '\0' </dev/rd0 | wc -c)" 0
t_is "the same directly" "$(dd if=/dev/rd0 bs=1M iflag=direct | tr -d '\0' | wc -c)" 0
