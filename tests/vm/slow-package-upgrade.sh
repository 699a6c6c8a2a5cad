#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-upgrade - upgrade the Debian packages below a mounted cache and a connected export.
#
# fio writes and verifies on both, while apt installs the next version and DKMS builds its modules.
# The version differs only in its number. The next boot loads the new modules.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-upgrade.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
mkdir "$state"
truncate -s 256M "$state/disk1.raw"
mkfs.ext4 -q -L data "$state/disk1.raw"

cat >"$work/config.yaml" <<'END'
version: 1
ramdisks:
  - {name: rd0, size: 64MiB}
caches:
  - {name: data, source: LABEL=data, size: 64MiB}
ports:
  - {id: 1, transport: tcp, address: 127.0.0.1}
exports:
  - nqn: nqn.2026-11.org.example:scratch
    namespaces: [{id: 1, device: rd0}]
    ports: [1]
    allow_any_host: true
END

newer="cd /root && dpkg-source -x /packages/*.dsc newer && cd newer && rm debian/changelog
	sed -i 's/^PACKAGE_VERSION=.*[^\"]/&.1/' modules/dkms.conf
	DEB_BUILD_OPTIONS='parallel=2 nocheck noautodbgsym' scripts/make-deb /newer
	rm -r /root/newer /newer/rapiddisk-*/"
echo "$newer" >"$work/newer"

t_run "both versions are built, and the first one is installed" make_guest "$state" \
	--prepare="$install" --config="$work/config.yaml" --prepare="$in_tree . sh -ec \"\$(cat $work/newer)\""

t_run "the system boots, and is upgraded" boot_guest "$state" --disk=256M --timeout=2400 <<'END'
# Print what a restart of a unit or a new mount would change.
identity() {
	for unit in rapiddisk-apply.service rapiddisk-exports.service; do
		systemctl show -P ActiveEnterTimestampMonotonic $unit
	done
	findmnt -no ID,SOURCE /mnt
	cat /sys/class/nvme/nvme0/cntlid /sys/class/nvme/nvme0/state
	dmsetup info -c --noheadings -o name,uuid,open data
	find /sys/kernel/config/nvmet/subsystems/ -name device_path -exec cat {} +
}
mount /dev/mapper/data /mnt
dd if=/dev/urandom of=/mnt/sample bs=1M count=16 conv=fsync
sha256sum /mnt/sample >/root/sum
modprobe nvme-tcp
nvme connect -t tcp -a 127.0.0.1 -s 4420 -n nqn.2026-11.org.example:scratch
udevadm settle
say before "$(versions)"
identity >/root/before
verify cache /mnt/file
verify export /dev/nvme0n1
started=$(cut -d . -f 1 /proc/uptime)
dmesg -C
install_packages /newer
say install $?
say seconds $(($(cut -d . -f 1 /proc/uptime) - started))
end_verify cache export
say initiator "$(dmesg | grep -c 'nvme nvme0:')"
dmesg
identity >/root/after
diff /root/before /root/after && say same yes
say after "$(versions)"
say health "$(health)"
rapiddisk-apply --dry-run --detailed-exitcode
say plan $?
say dkms "$(dkms status rapiddisk | cut -d , -f 1 | sort -u | xargs)"
umount /mnt
nvme disconnect-all
END
t_is "the first version runs" "$(said before)" "$version $version $version"
t_is "apt installs the next one" "$(said install)" 0
t_note "the upgrade takes $(said seconds) s"
t_is "fio ran all the time, on both" "$(said running)" yes
t_is "fio finds no error on the cache and on the export" "$(said cache) $(said export)" "err= 0 err= 0"
t_is "the initiator noticed nothing" "$(said initiator)" 0
t_is "units, mount, controller and map are the same" "$(said same)" yes
t_is "the programs are new, the loaded modules old" "$(said after)" "$version.1 $version $version"
t_is "rapiddisk-statusd answers" "$(said health)" pass
t_is "rapiddisk-apply has nothing to do" "$(said plan)" 0
t_is "DKMS has one version" "$(said dkms)" "rapiddisk/$version.1"

t_run "the system restarts" boot_guest "$state" --disk=256M <<'END'
mount /dev/mapper/data /mnt
sha256sum -c /root/sum
say data $?
say after "$(versions)"
rapiddisk-apply --dry-run --detailed-exitcode
say plan $?
END
t_is "the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "all is new" "$(said after)" "$version.1 $version.1 $version.1"
t_is "rapiddisk-apply has nothing to do after the restart" "$(said plan)" 0
t_is "the cached disk has its data" "$(said data)" 0
