#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 disk=128M disk=128M timeout=900
#
# test-cache - create, use, change and remove caches by the YAML.
#
# Caches change, and are switched off and on, under a mounted file system. A wrong entry is refused,
# and the other entries are applied.
. /src/tests/vm/lib.sh || exit

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

# Write the configuration: the version, then the lines on stdin.
config() {
	{ echo "version: 1"; cat; } >$yaml
}

target() {
	dmsetup table data | cut -d ' ' -f 3
}

# Print the checksum of the files, read past the page cache.
sum() {
	# 3 would call the shrinkers, and with them the cache's, which frees the cache's memory.
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
t_run "apply creates a cache with its RAM disk, and loads their modules" rapiddisk-apply
t_is "the table names the source and the RAM disk" "$(dmsetup table data)" \
	"0 $(blockdev --getsz /dev/vdb) rapiddisk-cache $(lsblk -dnro MAJ:MIN /dev/vdb) $(lsblk -dnro MAJ:MIN /dev/rd1) $((24 * 2048)) 0"
t_is "the DM UUID names the owner" "$(dmsetup info -c --noheadings -o uuid data)" RAPIDDISK-cache-data
t_is "the by-uuid link leads to the cache" "$(readlink -f "/dev/disk/by-uuid/$uuid")" "$(readlink -f /dev/mapper/data)"
t_is "no cookie is left" "$(dmsetup udevcookies | grep -c 0x)" 0
strace -f -o /tmp/trace -e trace=ioctl,openat,semget rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
t_case "a second run observes the map"
if grep -q DM_TABLE_STATUS /tmp/trace; then ok; else fail; fi
t_is "a second run does not change a map" "$(grep -cE 'DM_(DEV_(CREATE|REMOVE|SUSPEND)|TABLE_(LOAD|CLEAR))' /tmp/trace)" 0
t_is "a second run creates no cookie" "$(grep -c semget /tmp/trace)" 0
t_is "--dry-run prints 'converged'" "$(rapiddisk-apply -n)" converged
t_is "a plan with caches needs root" \
	"$(setpriv --reuid=65534 --clear-groups rapiddisk-apply -n 2>&1 | grep -c 'run as root')" 1

mount /dev/mapper/data $mnt
for n in 1 2 3; do head -c 4M /dev/urandom >$mnt/file$n; done
sync
before=$(sum)
first=$(cat $state/data/hits)
t_is "the files read correctly" "$(sum)" "$before"
t_case "the cache answers reads"
if [ "$(cat $state/data/hits)" -gt "$first" ]; then ok; else fail "hits: $first, $(cat $state/data/hits)"; fi

# fio runs during all following changes.
fio --name=live --directory=$mnt --size=8M --rw=randrw --bsrange=512-64k --bs_unaligned=1 \
	--verify=crc32c --time_based --runtime=600 --loops=1000 --output=/tmp/fio &
fio=$!

# Apply the configuration, and check that the plan is empty and the file system still mounted.
switch() { # SENTENCE
	t_run "$1" rapiddisk-apply
	t_is "$1: converged afterwards" "$(rapiddisk-apply -n)" converged
	t_is "$1: still mounted" "$(findmnt -no SOURCE $mnt)" /dev/mapper/data
}

sed -i 's/ramdisk: rd1}/ramdisk: rd1, mode: write-around}/' $yaml
switch "mode changed to write-around, mounted"
t_is "the table has the mode write-around" "$(dmsetup table data | cut -d ' ' -f 7)" 1

config <<-END
	ramdisks:
	  - {name: rd1, size: 24MiB}
	caches: []
END
t_is "the plan switches off a mounted cache that is no longer listed" "$(rapiddisk-apply -n | head -1)" \
	"~ cache data  (switches off, for it is mounted on '$mnt': it passes everything through)"
switch "switched off, mounted"
t_is "the map is linear" "$(target)" linear
t_is "the RAM disk is empty" "$(cat /sys/block/rd1/rapiddisk/used_bytes)" 0
t_case "--status shows pass-through"
if rapiddisk-apply --status | grep -E '^data +/dev/vdb .*pass-through'; then ok; else fail; fi

config <<-END
	ramdisks:
	  - {name: rd1, size: 24MiB}
	caches:
	  - {name: data, source: "UUID=$uuid", ramdisk: rd1}
END
switch "switched on again, mounted"
t_is "the map is a cache" "$(target)" rapiddisk-cache

sed -i 's/24MiB/48MiB/' $yaml
switch "RAM disk grown, mounted"
t_is "the cache uses the whole RAM disk" "$(cat $state/data/limit_bytes)" $((48 << 20))

config <<-END
	ramdisks: []
	caches:
	  - {name: data, source: "UUID=$uuid", size: 16MiB, stream_limit: 8MiB}
END
switch "changed to memory of its own, mounted"
t_is "the RAM disk is removed" "$(lsblk -dno NAME | grep -c ^rd)" 0
t_is "the stream limit is in the table" "$(dmsetup table data | grep -o 'stream_limit.*')" "stream_limit 16384"

dmsetup suspend data
dmsetup resume data
t_is "a suspend and a resume cause no drift" "$(rapiddisk-apply -n)" converged

kill -INT $fio
wait $fio
t_is "fio reports no wrong byte and no error" "$(grep -ciE 'verify: bad|err= *[1-9]' /tmp/fio) $(grep -c 'err= 0' /tmp/fio)" "0 1"
t_is "the files are unchanged" "$(cat $mnt/file[123] | sha256sum)" "$before"

config <<-END
	caches:
	  - {name: data, source: /dev/vdc, size: 16MiB}
END
t_is "another source is refused while the cache is mounted" "$(exit_of rapiddisk-apply 2>&1 | head -1)" \
	"! cache data: not changed: mounted on '$mnt'"
umount $mnt
t_run "another source is applied after umount" rapiddisk-apply
t_is "the cache is over the other source" "$(dmsetup deps -o devname data | grep -o vdc)" vdc
config <<-END
	caches:
	  - {name: data, source: /dev/vdc, size: 16MiB}
	  - {name: more, source: /dev/vdb, size: 16MiB}
END
t_run "a second cache is created" rapiddisk-apply
config <<-END
	caches:
	  - {name: data, source: /dev/vdb, size: 16MiB}
	  - {name: more, source: /dev/vdc, size: 16MiB}
END
t_run "two caches swap their sources in one run" rapiddisk-apply
t_is "each is over the source of the other" \
	"$(dmsetup deps -o devname data | grep -o 'vd.') $(dmsetup deps -o devname more | grep -o 'vd.')" "vdb vdc"
t_is "the swap leaves no semaphore of udev" "$(ipcs -s | grep -c '^0x')" 0
config <<-END
	caches: []
END
t_run "apply without the entry succeeds after umount" rapiddisk-apply
t_is "the cache is removed" "$(dmsetup ls --target rapiddisk-cache)" "No devices found"

# --- errors of some objects ---

config <<-END
	ramdisks: [{name: rd7, size: 1MiB}]
	caches:
	  - {name: lost, source: /dev/vdz, size: 1MiB, wait: 1s}
	  - {name: data, source: LABEL=data, size: 1MiB}
END
t_is "apply with an absent source exits with 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "the other objects are created" "$(dmsetup ls | grep -c ^data) $(lsblk -dno NAME | grep -c ^rd7)" "1 1"
rapiddisk-apply --teardown
mount /dev/vdb /mnt/raw
t_is "a mounted source is refused, with the mount point" "$(rapiddisk-apply -n | grep 'cache data')" \
	"! cache data: not created: source 'LABEL=data' is mounted on '/mnt/raw'"
umount /mnt/raw
dd if=/dev/vdb of=/dev/vdc bs=1M conv=fsync
udevadm settle
t_is "a label of two disks is refused, with both names" "$(rapiddisk-apply -n | grep -o "'/dev/vd.' and '/dev/vd.'")" \
	"'/dev/vdb' and '/dev/vdc'"
t_is "no map is created over either disk" "$(rapiddisk-apply >/dev/null; dmsetup ls)" "No devices found"
wipefs -qa /dev/vdc
udevadm settle

# A cache that does not fit in RAM passes through, so the data is accessible.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1TiB}
END
t_is "apply with a cache larger than RAM exits with 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "a cache larger than RAM passes through" "$(target)" linear
t_case "the report has the lack of RAM and the pass-through"
if jq -e '.objects[] | select(.name == "data") | .reason | test("RAM.*passes through")' /run/rapiddisk/status.json; then
	ok
else
	fail
fi
rapiddisk-apply --teardown

# Another program has a map of the cache's name.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1MiB}
END
dmsetup create data --table "0 2048 zero"
t_is "apply with a foreign map of the name exits with 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "the foreign map is unchanged" "$(target)" zero
dmsetup remove data

# Without the cache's module the map passes through, so the data is accessible.
config <<-END
	caches:
	  - {name: data, source: LABEL=data, size: 1MiB}
END
rapiddisk-apply
mv /lib/modules/"$(uname -r)"/updates/rapiddisk-cache.ko /tmp/
depmod
rapiddisk-apply --teardown
rmmod rapiddisk_cache
t_is "apply without the cache's module exits with 1" "$(exit_of rapiddisk-apply | tail -1)" 1
t_is "the map passes through without the module" "$(target)" linear
mv /tmp/rapiddisk-cache.ko /lib/modules/"$(uname -r)"/updates/
depmod
mount /dev/mapper/data $mnt
t_run "apply with the module succeeds" rapiddisk-apply
t_is "the cache is switched on under its mount" "$(target)" rapiddisk-cache
umount $mnt

# Without udevd, libdevmapper creates the nodes, and no step waits.
rapiddisk-apply --teardown
systemctl stop systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket
started=$SECONDS
t_run "apply without udevd succeeds" timeout 60 rapiddisk-apply
t_is "libdevmapper created the node" "$(blockdev --getsize64 /dev/mapper/data)" "$(blockdev --getsize64 /dev/vdb)"
t_run "teardown without udevd succeeds" timeout 60 rapiddisk-apply --teardown
t_note "without udevd: $((SECONDS - started)) s"
systemctl start systemd-udevd.service
udevadm settle

# A cache that dmsetup created is foreign.
sed -i 's/LABEL=data/\/dev\/vdb/' $yaml
dmsetup create data --table "0 $(blockdev --getsz /dev/vdb) rapiddisk-cache /dev/vdb - 2048"
t_is "a foreign cache is unchanged" "$(rapiddisk-apply | head -1)" \
	"! cache data: not touched: exists, but is foreign; run with --adopt to take ownership"
t_run "--adopt adopts the cache" rapiddisk-apply --adopt
t_is "the adopted cache has the DM UUID of an owned one" "$(dmsetup info -c --noheadings -o uuid data)" RAPIDDISK-cache-data
