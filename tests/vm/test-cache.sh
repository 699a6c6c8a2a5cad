#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 disk=128M disk=128M timeout=900
#
# Caches by the YAML: made, used, changed under a mounted file system, switched off and on
# again, removed; what is wrong is refused, and the rest applied.
. /src/tests/vm/lib.sh

yaml=/etc/rapiddisk.yaml
mnt=/mnt/cached
state=/sys/kernel/rapiddisk_cache

leave() {
	umount $mnt 2>/dev/null
	umount /mnt/raw 2>/dev/null
	rapiddisk-apply --teardown
	rm -rf $yaml $mnt /mnt/raw
	wipefs -qa /dev/vdb /dev/vdc
	udevadm settle
	rmmod rapiddisk_cache rapiddisk
}
t_atexit leave

# The configuration's lines after the version.
config() {
	{ echo "version: 1"; cat; } >$yaml
}

target() {
	dmsetup table data | cut -d ' ' -f 3
}

# What the file system holds, read past the page cache.
sum() {
	# Not 3, which asks the cache to give its memory back too.
	echo 1 >/proc/sys/vm/drop_caches
	cat $mnt/file* | sha256sum
}

exit_of() {
	"$@"
	echo $?
}

mkfs.ext4 -qF -L data /dev/vdb
udevadm settle
uuid=$(blkid -o value -s UUID /dev/vdb)
mkdir -p $mnt /mnt/raw

config <<-END
	ramdisks:
	  - {name: rd1, size: 24MiB}
	caches:
	  - {name: data, source: "UUID=$uuid", ramdisk: rd1}
END
t_run "a cache is made, with its modules and its RAM disk" rapiddisk-apply
t_is "its table names both" "$(dmsetup table data)" \
	"0 $(blockdev --getsz /dev/vdb) rapiddisk-cache $(lsblk -dnro MAJ:MIN /dev/vdb) $(lsblk -dnro MAJ:MIN /dev/rd1) $((24 * 2048)) 0"
t_is "its DM UUID says whose it is" "$(dmsetup info -c --noheadings -o uuid data)" RAPIDDISK-cache-data
t_is "the UUID's link has moved to it" "$(readlink -f "/dev/disk/by-uuid/$uuid")" "$(readlink -f /dev/mapper/data)"
t_is "no cookie is left" "$(dmsetup udevcookies | grep -c 0x)" 0
strace -f -o /tmp/trace -e trace=ioctl,openat,semget rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
t_case "it looks at the map"
if grep -q DM_TABLE_STATUS /tmp/trace; then ok; else fail; fi
t_is "and makes no change to a map" "$(grep -cE 'DM_(DEV_(CREATE|REMOVE|SUSPEND)|TABLE_(LOAD|CLEAR))' /tmp/trace)" 0
t_is "nor a cookie" "$(grep -c semget /tmp/trace)" 0
t_is "--dry-run says so" "$(rapiddisk-apply -n)" converged
t_is "nobody but root may look at it" \
	"$(setpriv --reuid=65534 --clear-groups rapiddisk-apply -n 2>&1 | grep -c 'run as root')" 1

mount /dev/mapper/data $mnt
for n in 1 2 3; do head -c 4M /dev/urandom >$mnt/file$n; done
sync
before=$(sum)
first=$(cat $state/data/hits)
t_is "what was written comes back" "$(sum)" "$before"
t_case "from the cache"
if [ "$(cat $state/data/hits)" -gt "$first" ]; then ok; else fail "hits: $first, $(cat $state/data/hits)"; fi

# fio goes on over all changes.
fio --name=live --directory=$mnt --size=8M --rw=randrw --bsrange=512-64k --bs_unaligned=1 \
	--verify=crc32c --time_based --runtime=600 --loops=1000 --output=/tmp/fio &
fio=$!

switch() {
	t_run "$1" rapiddisk-apply
	t_is "$1: converged then" "$(rapiddisk-apply -n)" converged
	t_is "$1: still mounted" "$(findmnt -no SOURCE $mnt)" /dev/mapper/data
}

sed -i 's/ramdisk: rd1}/ramdisk: rd1, mode: write-around}/' $yaml
switch "to write-around, mounted"
t_is "the table says it" "$(dmsetup table data | cut -d ' ' -f 7)" 1

config <<-END
	ramdisks:
	  - {name: rd1, size: 24MiB}
END
t_is "a cache that leaves the file while mounted switches off" "$(rapiddisk-apply -n | head -1)" \
	"~ cache data  (switches off, for it is mounted on '$mnt': it passes everything through)"
switch "off, mounted"
t_is "it is a linear map then" "$(target)" linear
t_is "and its RAM disk is empty" "$(cat /sys/block/rd1/rapiddisk/used_bytes)" 0
t_case "--status shows it"
if rapiddisk-apply --status | grep -E '^data +/dev/vdb .*pass-through'; then ok; else fail; fi

config <<-END
	ramdisks:
	  - {name: rd1, size: 24MiB}
	caches:
	  - {name: data, source: "UUID=$uuid", ramdisk: rd1}
END
switch "on again, mounted"
t_is "it is a cache then" "$(target)" rapiddisk-cache

sed -i 's/24MiB/48MiB/' $yaml
switch "its RAM disk grown, mounted"
t_is "the cache has all of it" "$(cat $state/data/limit_bytes)" $((48 << 20))

config <<-END
	ramdisks: []
	caches:
	  - {name: data, source: "UUID=$uuid", size: 16MiB, stream_limit: 8MiB}
END
switch "to memory of its own, mounted"
t_is "the RAM disk is gone" "$(lsblk -dno NAME | grep -c ^rd)" 0
t_is "the stream limit is in the table" "$(dmsetup table data | grep -o 'stream_limit.*')" "stream_limit 16384"

dmsetup suspend data
dmsetup resume data
t_is "a suspend and a resume are no drift" "$(rapiddisk-apply -n)" converged

kill -INT $fio
wait $fio
t_is "fio saw no wrong byte and no error" "$(grep -ciE 'verify: bad|err= *[1-9]' /tmp/fio) $(grep -c 'err= 0' /tmp/fio)" "0 1"
t_is "and the files are what they were" "$(cat $mnt/file[123] | sha256sum)" "$before"

config <<-END
	caches:
	  - {name: data, source: /dev/vdc, size: 16MiB}
END
t_is "another source is a replacement, and refused while mounted" "$(exit_of rapiddisk-apply 2>&1 | head -1)" \
	"! cache data: not changed: it is mounted on '$mnt'"
umount $mnt
t_run "and done once it is not" rapiddisk-apply
t_is "on the other source" "$(dmsetup deps -o devname data | grep -o vdc)" vdc
config <<-END
	caches: []
END
t_run "without users it is removed" rapiddisk-apply
t_is "it is" "$(dmsetup ls --target rapiddisk-cache)" "No devices found"

# What cannot be.
config <<-END
	ramdisks: [{name: rd7, size: 1MiB}]
	caches:
	  - {name: lost, source: /dev/vdz, size: 1MiB, wait: 1s}
	  - {name: data, source: LABEL=data, size: 1MiB}
END
t_is "a source that is not there: exit 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "the others are made" "$(dmsetup ls | grep -c ^data) $(lsblk -dno NAME | grep -c ^rd7)" "1 1"
rapiddisk-apply --teardown
mount /dev/vdb /mnt/raw
t_is "a source that is mounted is refused, and says where" "$(rapiddisk-apply -n | grep 'cache data')" \
	"! cache data: not created: its source 'LABEL=data' is mounted on '/mnt/raw'"
umount /mnt/raw
dd if=/dev/vdb of=/dev/vdc bs=1M conv=fsync
udevadm settle
t_is "two disks with one label are refused, and both named" "$(rapiddisk-apply -n | grep -o "'/dev/vd.' and '/dev/vd.'")" \
	"'/dev/vdb' and '/dev/vdc'"
t_is "nothing is mapped then" "$(rapiddisk-apply >/dev/null; dmsetup ls)" "No devices found"
wipefs -qa /dev/vdc
udevadm settle

# More than there is: the data is there all the same.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1TiB}
END
t_is "a cache that does not fit in RAM: exit 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "and it passes through" "$(target)" linear
t_case "the report says both"
if jq -e '.objects[] | select(.name == "data") | .reason | test("RAM.*passes through")' /run/rapiddisk/status.json; then
	ok
else
	fail
fi
rapiddisk-apply --teardown

# The name is somebody else's.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1MiB}
END
dmsetup create data --table "0 2048 zero"
t_is "a name that is taken is reported" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "and the other map left alone" "$(target)" zero
dmsetup remove data

# No cache can be made: the data is still there.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1MiB}
END
rapiddisk-apply
mv /lib/modules/"$(uname -r)"/updates/rapiddisk-cache.ko /tmp/
depmod
rapiddisk-apply --teardown
rmmod rapiddisk_cache
t_is "without its module: exit 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "and the map passes through" "$(target)" linear
mv /tmp/rapiddisk-cache.ko /lib/modules/"$(uname -r)"/updates/
depmod
mount /dev/mapper/data $mnt
t_run "with it, the next run switches the cache in" rapiddisk-apply
t_is "mounted as it is" "$(target)" rapiddisk-cache
umount $mnt

# No udevd: libdevmapper makes the nodes, and nothing waits.
rapiddisk-apply --teardown
systemctl stop systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
started=$SECONDS
t_run "without udevd it works too" timeout 60 rapiddisk-apply
t_is "the node is there" "$(blockdev --getsize64 /dev/mapper/data)" "$(blockdev --getsize64 /dev/vdb)"
t_run "and goes again" timeout 60 rapiddisk-apply --teardown
t_note "without udevd: $((SECONDS - started)) s"
systemctl start systemd-udevd.service
udevadm settle

# Made by hand.
sed -i 's/LABEL=data/\/dev\/vdb/' $yaml
dmsetup create data --table "0 $(blockdev --getsz /dev/vdb) rapiddisk-cache /dev/vdb - 2048"
t_is "somebody else's cache is not touched" "$(rapiddisk-apply | head -1)" \
	"! cache data: not touched: it is live and not ours; --adopt takes it over"
t_run "--adopt takes it over" rapiddisk-apply --adopt
t_is "by its UUID" "$(dmsetup info -c --noheadings -o uuid data)" RAPIDDISK-cache-data
