#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-storage disk=96M disk=96M timeout=1200
#
# slow-cache-sources - cache all kinds of block devices, by all their names.
#
# Sources also come late, under another name, twice, or are in use.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

t_atexit "rm -f /etc/rapiddisk.yaml"
first=/dev/disk/by-id/virtio-disk1
second=/dev/disk/by-id/virtio-disk2

disk() { # LINK
	readlink -f "$1"
}

settle() {
	udevadm settle --timeout=60
}

# Write a configuration with one cache, data, of SOURCE. Each LINE is another key.
config() { # SOURCE [LINE]...
	printf 'version: 1\ncaches:\n  - name: data\n    source: %s\n    size: 16MiB\n' "$1" \
		>/etc/rapiddisk.yaml
	shift
	for line; do
		echo "    $line" >>/etc/rapiddisk.yaml
	done
}

apply() {
	rapiddisk-apply >"$t_dir/out" 2>&1
	status=$?
	cat "$t_dir/out"
	return "$status"
}

remove() {
	printf 'version: 1\ncaches: []\n' >/etc/rapiddisk.yaml
	apply && [ ! -e /dev/mapper/data ]
}

counter() {
	cat "/sys/kernel/rapiddisk_cache/data/$1"
}

# True if a cache of SOURCE can be created and mounted, and a second read of the file hits. SOURCE
# has a file system of fill.
caches() { # SOURCE
	config "$1"
	apply || return
	dmsetup table data | grep -q ' rapiddisk-cache ' || return
	[ "$(dmsetup info -c --noheadings -o uuid data)" = RAPIDDISK-cache-data ] || return
	mount /dev/mapper/data /mnt || return
	dd if=/mnt/file bs=4k iflag=direct status=none | cmp - /root/file || return
	hits=$(counter hits)
	dd if=/mnt/file bs=4k iflag=direct status=none | cmp - /root/file || return
	umount /mnt || return
	[ "$(counter hits)" -ge $((hits + 64)) ]
}

# Make a file system with a copy of /root/file on DEVICE.
fill() { # DEVICE [OPTION]...
	head -c 256k /dev/urandom >/root/file
	mkfs.ext4 -q -F "$@" && mount "$1" /mnt && cp /root/file /mnt/ && umount /mnt && settle
}

wipe() {
	for each in "$first" "$second"; do
		wipefs -qaf "$(disk "$each")" && dd if=/dev/zero of="$(disk "$each")" bs=1M \
			count=8 conv=fsync status=none
	done
	settle
}

refused() { # SENTENCE REGEX
	apply
	status=$?
	t_is "$1" "$status $(grep -cE "$2" "$t_dir/out")" "1 1"
	t_fails "no map exists after that" test -e /dev/mapper/data
}

uuid_of() {
	blkid -p -s UUID -o value "$1"
}

# --- kinds of devices ---

fill "$(disk $first)" -L cached
for source in "$(disk $first)" "$first" "UUID=$(uuid_of "$first")" LABEL=cached; do
	t_run "a whole disk is cached, by $source" caches "$source"
	t_is "the by-uuid link leads to the cache, by $source" \
		"$(readlink -f "/dev/disk/by-uuid/$(uuid_of "$first")")" \
		"$(readlink -f /dev/mapper/data)"
	t_run "the cache of the disk is removed, by $source" remove
	settle
done

sfdisk -q "$(disk $first)" <<-END
	label: gpt
	start=2048, uuid=6d0a1f4e-95b0-4f3c-8a57-0b1c2d3e4f50, name=part-one
END
settle
fill "$(disk $first-part1)"
for source in "$(disk $first-part1)" PARTUUID=6d0a1f4e-95b0-4f3c-8a57-0b1c2d3e4f50 \
	PARTLABEL=part-one; do
	t_run "a partition is cached, by $source" caches "$source"
	t_run "the cache of the partition is removed, by $source" remove
	settle
done

wipe
mdadm --create /dev/md7 --run --level=1 --raid-devices=2 --metadata=1.2 \
	"$(disk $first)" "$(disk $second)"
settle
fill /dev/md7
uuid=$(uuid_of /dev/md7)
t_run "an md array is cached" caches "UUID=$uuid"
udevadm trigger --action=change --settle /dev/md7
t_is "the by-uuid link leads to the cache after a change event of the array" \
	"$(readlink -f "/dev/disk/by-uuid/$uuid")" "$(readlink -f /dev/mapper/data)"
t_run "the cache of the array is removed" remove
config "$first"
refused "a member of an array is refused, with the name of the array" "data.*md7"
mdadm --stop /dev/md7
wipe

pvcreate -q "$(disk $first)"
vgcreate -q vg1 "$(disk $first)"
lvcreate -q -y -L 64m -n lv1 vg1
settle
fill /dev/vg1/lv1
t_run "a logical volume is cached" caches /dev/vg1/lv1
t_run "the cache of the logical volume is removed" remove
config "$first"
refused "a physical volume is refused, with the name of its logical volume" "data.*(vg1-lv1|dm-0)"
vgremove -qff vg1
wipe

printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
	"$(disk $first)" -
printf secret | cryptsetup open --key-file=- "$(disk $first)" opened
settle
fill /dev/mapper/opened
t_run "an opened LUKS device is cached" caches /dev/mapper/opened
t_run "the cache of the LUKS device is removed" remove
cryptsetup close opened
wipe

# --- sources in use, twice or late -----

fill "$(disk $first)"
uuid=$(uuid_of $first)
mount "$(disk $first)" /mnt
config "UUID=$uuid"
refused "a mounted source is refused, with the mount point" "data.*/mnt"
umount /mnt

dd if="$(disk $first)" of="$(disk $second)" bs=1M conv=fsync status=none
udevadm trigger --action=change --settle "$(disk $second)"
refused "a UUID of two disks is refused, with the names of both" \
	"$(disk $first)' and '$(disk $second)|$(disk $second)' and '$(disk $first)"
dd if=/dev/zero of="$(disk $second)" bs=1M count=8 conv=fsync status=none
udevadm trigger --action=change --settle "$(disk $second)"

# Print the virtio device of a disk, to unbind and bind its driver.
virtio() { # LINK
	basename "$(readlink -f "/sys/class/block/$(basename "$(disk "$1")")/device")"
}
driver=/sys/bus/virtio/drivers/virtio_blk
first_virtio=$(virtio $first) second_virtio=$(virtio $second)
first_name=$(disk $first)

echo "$first_virtio" >$driver/unbind
settle
printf 'ramdisks:\n  - { name: rd7, size: 8MiB }\n' >"$t_dir/ramdisks"
config "UUID=$uuid" "wait: 2s"
cat "$t_dir/ramdisks" >>/etc/rapiddisk.yaml
refused "an absent source is refused, with its UUID" "data.*$uuid"
t_run "the other objects are created" test -b /dev/rd7

config "UUID=$uuid" "wait: 60s"
cat "$t_dir/ramdisks" >>/etc/rapiddisk.yaml
(sleep 5 && echo "$first_virtio" >$driver/bind) &
started=$(cut -d . -f 1 /proc/uptime)
t_run "apply waits for a source that comes 5 s late" apply
t_case "the wait ends when the source comes"
took=$(($(cut -d . -f 1 /proc/uptime) - started))
if [ "$took" -ge 4 ] && [ "$took" -le 30 ]; then
	ok
else
	fail "$took s"
fi
wait
t_run "the late source is cached" dmsetup status data
t_run "the cache of the late source is removed" remove

settle
echo "$first_virtio" >$driver/unbind
echo "$second_virtio" >$driver/unbind
settle
echo "$second_virtio" >$driver/bind
settle
echo "$first_virtio" >$driver/bind
settle
t_case "the disks have new names"
if [ "$(disk $first)" != "$first_name" ]; then
	ok
else
	fail "still $first_name"
fi
t_run "a source under another name is found by its UUID" caches "UUID=$uuid"
t_run "the cache of the renamed source is removed" remove
rapiddisk-apply --teardown
wipe
