#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-storage disk=96M disk=96M timeout=1200
#
# Caches over all kinds of block devices, by all their names; sources that come late, under
# another name, twice, or are in use.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh

t_atexit "rm -f /etc/rapiddisk.yaml"
first=/dev/disk/by-id/virtio-disk1
second=/dev/disk/by-id/virtio-disk2

disk() { # LINK
	readlink -f "$1"
}

settle() {
	udevadm settle --timeout=60
}

# One cache, data, of this source; more keys follow.
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

# On DEVICE there is a file system with a file; it is read through the cache, twice.
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

# A file system with /root/file in it.
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
	t_fails "and nothing is mapped" test -e /dev/mapper/data
}

uuid_of() {
	blkid -p -s UUID -o value "$1"
}

# --- kinds of devices ---

fill "$(disk $first)" -L cached
for source in "$(disk $first)" "$first" "UUID=$(uuid_of "$first")" LABEL=cached; do
	t_run "a whole disk, by $source" caches "$source"
	t_is "its UUID leads to the cache" \
		"$(readlink -f "/dev/disk/by-uuid/$(uuid_of "$first")")" \
		"$(readlink -f /dev/mapper/data)"
	t_run "and it goes again" remove
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
	t_run "a partition, by $source" caches "$source"
	t_run "and it goes again" remove
	settle
done

wipe
mdadm --create /dev/md7 --run --level=1 --raid-devices=2 --metadata=1.2 \
	"$(disk $first)" "$(disk $second)"
settle
fill /dev/md7
uuid=$(uuid_of /dev/md7)
t_run "an md array" caches "UUID=$uuid"
udevadm trigger --action=change --settle /dev/md7
t_is "its UUID leads to the cache, also after the array has changed" \
	"$(readlink -f "/dev/disk/by-uuid/$uuid")" "$(readlink -f /dev/mapper/data)"
t_run "and it goes again" remove
config "$first"
refused "a member of an array is refused, and the array is named" "data.*md7"
mdadm --stop /dev/md7
wipe

pvcreate -q "$(disk $first)"
vgcreate -q vg1 "$(disk $first)"
lvcreate -q -y -L 64m -n lv1 vg1
settle
fill /dev/vg1/lv1
t_run "a logical volume" caches /dev/vg1/lv1
t_run "and it goes again" remove
config "$first"
refused "a physical volume is refused, and what is on it is named" "data.*(vg1-lv1|dm-0)"
vgremove -qff vg1
wipe

printf secret | cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
	"$(disk $first)" -
printf secret | cryptsetup open --key-file=- "$(disk $first)" opened
settle
fill /dev/mapper/opened
t_run "an opened LUKS device" caches /dev/mapper/opened
t_run "and it goes again" remove
cryptsetup close opened
wipe

# --- sources that make difficulties ---

fill "$(disk $first)"
uuid=$(uuid_of $first)
mount "$(disk $first)" /mnt
config "UUID=$uuid"
refused "a mounted source is refused, and where it is mounted is said" "data.*/mnt"
umount /mnt

dd if="$(disk $first)" of="$(disk $second)" bs=1M conv=fsync status=none
udevadm trigger --action=change --settle "$(disk $second)"
refused "a UUID that two disks have is refused, and both are named" \
	"$(disk $first)' and '$(disk $second)|$(disk $second)' and '$(disk $first)"
dd if=/dev/zero of="$(disk $second)" bs=1M count=8 conv=fsync status=none
udevadm trigger --action=change --settle "$(disk $second)"

# The virtio devices behind the disks, to take them away and give them back.
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
refused "a source that does not come is said to be absent" "data.*$uuid"
t_run "and the other objects are there" test -b /dev/rd7

config "UUID=$uuid" "wait: 60s"
cat "$t_dir/ramdisks" >>/etc/rapiddisk.yaml
(sleep 5 && echo "$first_virtio" >$driver/bind) &
started=$(cut -d . -f 1 /proc/uptime)
t_run "a source that comes 5 s late is waited for" apply
t_case "and not for longer than that"
took=$(($(cut -d . -f 1 /proc/uptime) - started))
if [ "$took" -ge 4 ] && [ "$took" -le 30 ]; then
	ok
else
	fail "$took s"
fi
wait
t_run "and cached" dmsetup status data
t_run "and it goes again" remove

settle
echo "$first_virtio" >$driver/unbind
echo "$second_virtio" >$driver/unbind
settle
echo "$second_virtio" >$driver/bind
settle
echo "$first_virtio" >$driver/bind
settle
t_case "the disks have changed their names"
if [ "$(disk $first)" != "$first_name" ]; then
	ok
else
	fail "still $first_name"
fi
t_run "a source under another name is found by its UUID" caches "UUID=$uuid"
t_run "and it goes again" remove
rapiddisk-apply --teardown
wipe
