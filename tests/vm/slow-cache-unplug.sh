#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=bookworm disk=96M disk=96M timeout=900
# guest: suite=trixie disk=96M disk=96M timeout=900
#
# slow-cache-unplug - unplug the source of a live cache, and plug the source in again.
#
# The map stays visible, owned and removable. The same disk under another number goes below the
# map, mounted or not; another disk does not. A source that shrinks is a loss.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit
# shellcheck source=tests/vm/cache-lib.sh
. /src/tests/vm/cache-lib.sh || exit

t_atexit "umount /mnt; rapiddisk-apply --teardown -q; rm -f /etc/rapiddisk.yaml"
# The runs are those of this test alone. In slow-cache-late, udev starts them.
systemctl mask --runtime rapiddisk-late@.service
t_atexit "systemctl unmask --runtime rapiddisk-late@.service"
first=/dev/disk/by-id/virtio-disk1
second=/dev/disk/by-id/virtio-disk2

config() { # SOURCE
	printf 'version: 1\ncaches:\n  - { name: data, source: %s, size: 16MiB, wait: 0s }\n' "$1" \
		>/etc/rapiddisk.yaml
}

apply() {
	rapiddisk-apply "$@" >"$t_dir/out" 2>&1
	status=$?
	cat "$t_dir/out"
	return "$status"
}

# The number of the source in the map's table.
number_below() {
	dmsetup table data | sed 's/.* rapiddisk-cache \([0-9:]*\) .*/\1/'
}

number_of() { # LINK
	lsblk -dno MAJ:MIN "$(readlink -f "$1")" | tr -d ' '
}

# True if the file is on the disk below the mounted map.
same_file() {
	echo 3 >/proc/sys/vm/drop_caches
	cmp /mnt/file /root/file
}

says() { # STATUS REGEX
	[ "$status" = "$1" ] && grep -qE "$2" "$t_dir/out"
}

head -c 256k /dev/urandom >/root/file
mkfs.ext4 -q -F "$first" && mount "$first" /mnt && cp /root/file /mnt/ && umount /mnt
udevadm settle
uuid=$(blkid -p -s UUID -o value "$first")
first_virtio=$(c_virtio $first) second_virtio=$(c_virtio $second)

# --- unplugged while mounted, and back under another name ---

config "UUID=$uuid"
t_run "a disk is cached" apply
t_run "the cache is mounted" mount /dev/mapper/data /mnt
before=$(number_below)
c_unplug "$first_virtio"
t_is "the table of the map names the number of the unplugged disk" "$(number_below)" "$before"
t_run "the number has no name in sysfs" test ! -e "/sys/dev/block/$before"
apply --status
t_run "the status says that the source is unplugged" says 0 'data +[0-9:]+ \(unplugged\)'
setpriv --reuid=65534 --clear-groups rapiddisk-apply --status >"$t_dir/out" 2>&1
status=$?
t_run "the status without privilege says so, too" says 0 'data.* \(unplugged\)'
apply
t_run "a run names the unplugged source" says 1 "source 'UUID=$uuid' was unplugged"
c_plug "$first_virtio"
t_run "the disk is back under another number" test "$(number_of $first)" != "$before"
apply
t_run "a run changes the map" says 0 '^~ cache data'
t_is "the mounted map is over the disk again" "$(number_below)" "$(number_of $first)"
t_is "the map keeps its UUID" "$(dmsetup info -c --noheadings -o uuid data)" RAPIDDISK-cache-data
t_run "the file is read from the disk" same_file
t_run "the file system is written to" sh -c 'echo more >/mnt/more && sync -f /mnt/more'
apply
t_is "the next run changes nothing" "$status $(cat "$t_dir/out")" "0 "
umount /mnt
t_run "the file system is clean" e2fsck -fn "$first"

# --- another disk in its place ---

mount /dev/mapper/data /mnt
c_unplug "$first_virtio"
config "$(readlink -f $second)"
apply
t_run "another disk is not put below a mounted map" says 1 "not provably the same disk"
t_is "the map is still over the unplugged disk" \
	"$(test -e "/sys/dev/block/$(number_below)" || echo gone)" gone
t_run "a teardown switches the mounted map off" apply --teardown
t_run "the map passes through" sh -c "dmsetup table data | grep -q ' linear '"
t_run "the memory of the cache is free" test ! -e /sys/kernel/rapiddisk_cache/data
umount /mnt
t_run "the unused map is removed" sh -c 'rapiddisk-apply --teardown && ! dmsetup info data'
c_plug "$first_virtio"

# --- unused ---

config "UUID=$uuid"
t_run "the disk is cached again" apply
c_unplug "$first_virtio"
printf 'version: 1\ncaches: []\n' >/etc/rapiddisk.yaml
t_run "a map over an unplugged disk is removed with its entry" apply
t_fails "no map is left" dmsetup info data
c_plug "$first_virtio"

# --- exported ---

if modprobe nvme_loop && modprobe nvmet; then
	printf '%s\n' 'version: 1' 'ports: [{ id: 1, transport: loop }]' 'exports:' \
		'  - nqn: nqn.2026-11.org.example:usb' '    ports: [1]' \
		'    allow_any_host: true' '    namespaces:' \
		"      - { id: 1, device: $second, wait: 0s }" >/etc/rapiddisk.yaml
	t_run "a disk is exported" apply
	namespace=/sys/kernel/config/nvmet/subsystems/nqn.2026-11.org.example:usb/namespaces/1
	c_unplug "$second_virtio"
	apply
	t_run "a run names the absent device" says 1 "device '$second' of namespace '1' does not exist"
	t_run "the export stays" test -d $namespace
	c_plug "$second_virtio"
	t_run "a run puts the disk into the export again" apply
	t_is "the namespace has the device of the new name" "$(cat $namespace/device_path)" \
		"$(readlink -f $second)"
	t_is "the namespace is enabled" "$(cat $namespace/enable)" 1
	t_run "the export is removed" rapiddisk-apply --teardown
fi

# --- smaller and larger ---

truncate -s 64M "$t_dir/image"
loop=$(losetup -f --show "$t_dir/image")
t_atexit "losetup -d $loop"
config "$loop"
t_run "a loop device is cached" apply
sectors=$(blockdev --getsz /dev/mapper/data)
truncate -s 32M "$t_dir/image" && losetup -c "$loop"
apply
t_run "a source that shrank is a loss" says 1 "shrank from 64MiB to 32MiB"
t_is "the map keeps its size" "$(blockdev --getsz /dev/mapper/data)" "$sectors"
truncate -s 80M "$t_dir/image" && losetup -c "$loop"
t_run "a source that grew is no loss" apply
t_is "the map grows with its source" "$(blockdev --getsz /dev/mapper/data)" 163840
