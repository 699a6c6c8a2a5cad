#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-lvm-cache - cache a physical volume of LVM, whose logical volume is mounted.
#
# The test follows the advice that rapiddisk-apply prints. LVM then finds the physical volume on the
# cache, at once and after a restart: first by a filter, then by a filter instead of a devices file.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

state=$(mktemp -d /var/tmp/lvm-cache.XXXXXX)
t_atexit "rm -rf $state"
mkdir "$state/share"

# Boot the guest, and run the functions below and stdin in it. Then install the initramfs that the
# guest has written, as its boot loader would.
boot() {
	cat - >"$state/end"
	cat "$state/functions" "$state/end" >"$state/script"
	"$here/guest" --suite=trixie-storage --state="$state" --share="$state/share" \
		--clean-shutdown --disk=128M --timeout=1200 --console="$state/console" \
		"$state/script" | tee "$state/output"
	status=${PIPESTATUS[0]}
	[ ! -e "$state/share/initrd.img" ] ||
		mv "$state/share/initrd.img" "$state/image/initrd.img"
	return "$status"
}

# Print the value of the line "NAME: VALUE" of the last boot.
said() { # NAME
	sed -n "s/^$1: //p" "$state/output"
}

cat >"$state/functions" <<'END'
#!/bin/bash
disk=/dev/disk/by-id/virtio-disk1
hits() { cat /sys/kernel/rapiddisk_cache/data/hits; }
read_file() { dd if=/lv/file bs=64k iflag=direct status=none | md5sum | cut -d ' ' -f 1; }
within() { # SECONDS COMMAND...
	end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ] || return 1
		sleep 0.2
	done
}
has_lv() { udevadm settle && [ -b /dev/vg/lv ]; }
# Write the line that rapiddisk-apply advises.
advise() {
	! rapiddisk-apply >/root/said || return
	grep 'cache data' /root/said
	sed -n "s/.*add '\(devices {.*}\)' to \/etc\/lvm\/lvmlocal.conf.*/\1/p" /root/said >/root/line
	[ -s /root/line ]
}
# Take the logical volume from the disk.
leave() { umount /lv && vgchange -q -an vg; }
# The guest has no boot loader, and no image that update-initramfs would replace.
write_initramfs() { mkinitramfs -o /share/initrd.img; }
# Say the stack below the mounted logical volume, and the hits of a second read of its file: 16 reads.
report() { # PREFIX
	echo "$1-pvs: $(pvs --noheadings -o pv_name,vg_name | xargs)"
	echo "$1-stack: $(lsblk -nsro NAME "$(findmnt -no SOURCE /lv)" | xargs)"
	echo "$1-target: $(dmsetup table data | cut -d ' ' -f 3)"
	read_file >/dev/null
	before=$(hits)
	[ "$(read_file)" = "$(cat /root/sum)" ] && echo "$1-content: same"
	echo "$1-hits: $(($(hits) - before))"
}
END

on_cache() { # PREFIX SENTENCE
	t_is "$2: LVM finds the physical volume on the cache alone" \
		"$(said "$1-pvs")" "/dev/mapper/data vg"
	t_is "$2: the mounted volume stands on the cache, and the cache on the disk" \
		"$(said "$1-stack") $(said "$1-target")" "vg-lv data vdb rapiddisk-cache"
	t_is "$2: the content is the same" "$(said "$1-content")" same
	t_case "$2: a second read hits"
	if [ "$(said "$1-hits")" -ge 16 ]; then ok; else fail "$(said "$1-hits") hits"; fi
}

t_run "a filter of LVM is set as advised" boot <<'END'
set -e
pvcreate -q $disk
vgcreate -q vg $disk
lvcreate -q -y -n lv -L 64m vg
mkfs.ext4 -q /dev/vg/lv
mkdir /lv
echo '/dev/vg/lv /lv ext4 x-systemd.device-timeout=300s 0 2' >>/etc/fstab
mount /lv
head -c 1M /dev/urandom >/lv/file
read_file >/root/sum
cat >/etc/rapiddisk.yaml <<-YAML
	version: 1
	caches: [{ name: data, source: $disk, size: 16MiB }]
YAML
advise
leave
cat /root/line >>/etc/lvm/lvmlocal.conf
write_initramfs
rapiddisk-apply
within 120 has_lv
mount /lv
report live
END
on_cache live "at once, by a filter"

t_run "the system restarts with the filter" boot <<'END'
echo "system: $(systemctl is-system-running --wait) $(systemctl --failed --no-legend --plain | xargs)"
report boot
# A devices file makes LVM ignore the filter.
set -e
leave
printf 'version: 1\ncaches: []\n' >/root/none.yaml
rapiddisk-apply --config=/root/none.yaml
sed -i '/global_filter/d' /etc/lvm/lvmlocal.conf
echo 'devices { use_devicesfile = 1 }' >>/etc/lvm/lvmlocal.conf
lvm vgimportdevices -a
cat /etc/lvm/devices/system.devices
vgchange -q -ay vg
mount /lv
advise
leave
sed -i '/use_devicesfile = 1/d' /etc/lvm/lvmlocal.conf
cat /root/line >>/etc/lvm/lvmlocal.conf
write_initramfs
rapiddisk-apply
within 120 has_lv
mount /lv
report live
END
t_is "boot, by a filter: the system is running" "$(said system)" "running "
on_cache boot "after a restart, by a filter"
on_cache live "at once, instead of a devices file"

t_run "the system restarts without the devices file" boot <<'END'
echo "system: $(systemctl is-system-running --wait) $(systemctl --failed --no-legend --plain | xargs)"
cat /etc/lvm/devices/system.devices
report boot
END
t_is "boot, instead of a devices file: the system is running" "$(said system)" "running "
on_cache boot "after a restart, instead of a devices file"
