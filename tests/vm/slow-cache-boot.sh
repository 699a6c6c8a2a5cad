#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-cache-boot - boot with a cache over a second disk, which /etc/fstab mounts.
#
# The service creates the cache before the mount of /dev/mapper/data. The shutdown removes the cache
# after the unmount. One boot gives the disk another kernel name.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

work=$(mktemp -d /var/tmp/cache-boot.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
mkdir "$state"

boot() {
	boot_root "$state" --disk=128M --disk=128M --clean-shutdown=reboot
}

boot <<'END'
mkfs.ext4 -q -F -L cached-data /dev/vdb
cat >/etc/rapiddisk.yaml <<-YAML
	version: 1
	caches:
	  - { name: data, source: LABEL=cached-data, size: 32MiB }
YAML
mkdir /data
echo '/dev/mapper/data /data ext4 defaults 0 2' >>/etc/fstab
END
t_is "the guest is set up" "$root_status" 0

for try in first second renamed; do
	if [ "$try" = renamed ]; then
		mv "$state/disk1.raw" "$state/other"
		mv "$state/disk2.raw" "$state/disk1.raw"
		mv "$state/other" "$state/disk2.raw"
	fi
	boot <<'END'
say data "$(findmnt -no SOURCE /data)"
say data-target "$(dmsetup table data | cut -d ' ' -f 3)"
say source "/dev/$(lsblk -no NAME,LABEL -l | awk '$2 == "cached-data" && /^vd/ { print $1 }')"
say apply "$(systemctl show -P Result -P ExecMainStatus rapiddisk-apply.service | xargs)"
[ -e /data/file ] && say kept "$(cat /data/file)"
echo "what the boot before wrote" >/data/file
END
	t_is "$try boot: the system is running" "$(said system) $(said failed)" "running "
	t_is "$try boot: fstab has mounted the cache" \
		"$(said data) $(said data-target)" "/dev/mapper/data rapiddisk-cache"
	if [ "$try" = renamed ]; then
		t_is "$try boot: the disk has another name" "$(said source)" /dev/vdc
	fi
	t_is "$try boot: the service succeeds" "$(said apply)" "success 0"
	t_is "$try boot: the shutdown neither waits nor fails" "$(grep -E \
		'Failed (unmount|to unmount|deactivat)|stop job is running|[Tt]imed out' \
		"$state/console")" ""
done
t_is "the file of the previous boot exists" "$(said kept)" "what the boot before wrote"
t_run "the file system is clean" e2fsck -fn "$state/disk2.raw"
