#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut/80rapiddisk/module-setup.sh - add the cache of the root volume to a dracut image.
#
# The module is included only if the configuration has such a cache. The image gets one file, into
# which the drop-ins are merged. On an error the module prints a warning and is left out. The image is
# made, and the system boots without the cache.
# Context: sourced by dracut.

# shellcheck disable=SC2154 # dracut sets moddir, initdir and kernel

rapiddisk_prefix=/usr

rapiddisk_part() {
	"$rapiddisk_prefix/sbin/rapiddisk-apply" --print-initramfs-config
}

# Print the path of the record. The record is the digest of the image's configuration, by which
# rapiddisk-apply detects a stale image.
rapiddisk_record() {
	echo "/var/lib/rapiddisk/initramfs/$kernel"
}

check() {
	local part=
	part=$(rapiddisk_part) ||
		dwarn "rapiddisk-apply cannot use the configuration (status $?);" \
			"this image boots without the cache of the root volume"
	if [[ $part ]]; then
		require_binaries "$rapiddisk_prefix/sbin/rapiddisk-apply" dmsetup
		return
	fi
	rm -f "$(rapiddisk_record)"
	return 255
}

# dracut's module dm is not required, because that module would add all of drivers/md.
depends() {
	echo udev-rules rootfs-block
}

installkernel() {
	local module
	hostonly='' instmods dm_mod
	for module in rapiddisk rapiddisk-cache; do
		if modinfo -k "$kernel" "$module" &>/dev/null; then
			hostonly='' instmods "$module"
		else
			dwarn "Linux $kernel has no module $module"
		fi
	done
}

install() {
	inst_multiple dmsetup sleep mkdir readlink
	inst "$rapiddisk_prefix/sbin/rapiddisk-apply" /usr/sbin/rapiddisk-apply
	# rapiddisk-apply loads libkmod with dlopen(), so inst does not find the library.
	inst_libdir_file "libkmod.so.2*"
	inst_simple "$rapiddisk_prefix/share/rapiddisk/rapiddisk-root" /usr/sbin/rapiddisk-root
	# The rules of device-mapper have other names in Debian than in LVM's own sources.
	inst_rules 55-dm.rules 60-persistent-storage-dm.rules \
		10-dm.rules 13-dm-disk.rules 95-dm-notify.rules \
		56-rapiddisk-cache.rules 60-rapiddisk.rules
	inst_hook pre-mount 80 "$moddir/rapiddisk-pre-mount.sh"
	inst_hook pre-pivot 80 "$moddir/rapiddisk-pre-pivot.sh"
	# grub-install does not recognise a partition below a map.
	if [[ -d /boot/grub && ! -d /sys/firmware/efi ]] &&
		[[ $(stat -c %d /boot/grub) == "$(stat -c %d /)" ]]; then
		dwarn "/boot/grub is on the cached volume; on a BIOS, grub-install needs" \
			"--modules=\"part_gpt part_msdos lvm\""
	fi
	mkdir -p "$initdir/etc"
	(umask 077 && rapiddisk_part >"$initdir/etc/rapiddisk.yaml")
	mkdir -p /var/lib/rapiddisk/initramfs
	sha256sum <"$initdir/etc/rapiddisk.yaml" | cut -d ' ' -f 1 >"$(rapiddisk_record)"
}
