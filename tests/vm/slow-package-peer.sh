#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-peer - upgrade Debian's packages rapiddisk and rapiddisk-dkms 9.2.0-1 in a running system.
#
# The daemon of rapiddisk 9 is enabled, and fio verifies a mounted write-through cache. apt takes the
# place of both packages, --import prints the file, and the next boot has the cache by the new module.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-peer.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state
mkdir "$state"
truncate -s 256M "$state/disk1.raw"
mkfs.ext4 -q "$state/disk1.raw"

# Guests of other tests have the daemon masked.
daemon="rm etc/systemd/system/rapiddiskd.service; $in_tree . systemctl enable rapiddiskd.service"
t_run "the system has rapiddisk 9" make_root "$state" --packages --prepare="$daemon"

t_run "the system boots, and is upgraded" boot_guest "$state" --disk=256M --timeout=2400 <<'END'
# The daemon belongs to default.target, in place of which a guest boots guest.target.
systemctl start rapiddiskd.service
say daemon "$(systemctl is-active rapiddiskd.service) $(dpkg-query -W -f '${Version}' rapiddisk-dkms)"
modprobe -a rapiddisk rapiddisk-cache
say module "$(cat /sys/module/rapiddisk/version)"
rapiddisk -a 64
rapiddisk -m rd0 -b /dev/vdb -p wt
udevadm settle
mount /dev/mapper/rc-wt_vdb /mnt
dd if=/dev/urandom of=/mnt/sample bs=1M count=16 conv=fsync
sha256sum /mnt/sample >/root/sum
dmsetup info -c --noheadings -o name,major,minor,open,events,uuid >/root/before
verify cache /mnt/file
started=$(cut -d . -f 1 /proc/uptime)
install_packages /packages
say install $?
say seconds $(($(cut -d . -f 1 /proc/uptime) - started))
end_verify cache
dmsetup info -c --noheadings -o name,major,minor,open,events,uuid | diff /root/before - && say same yes
say after "$(systemctl is-active rapiddiskd.service) $(pgrep -c rapiddiskd)"
say peer "$(find /usr/sbin /etc /usr/lib/systemd -name 'rapiddisk' -type f -o -name 'rapiddiskd*' -o -name 'rapiddisk.sh*' | xargs)"
say dkms "$(dkms status rapiddisk | cut -d , -f 1 | sort -u | xargs)"
say health "$(curl -sS http://127.0.0.1:9118/healthz | jq -r .serviceId)"
rapiddisk-apply --dry-run
say status "$(rapiddisk-apply --status --json | jq -c '[.objects[] | [.kind, .name, .owner]] | sort')"
rapiddisk-apply --import >/etc/rapiddisk.yaml
say import $?
cat /etc/rapiddisk.yaml
rapiddisk-apply --check
say check $?
END
t_is "the daemon of rapiddisk 9 runs" "$(said daemon)" "active 9.2.0-1"
t_is "the module of rapiddisk 9 is loaded" "$(said module)" 9.2.0
t_is "apt installs the packages" "$(said install)" 0
t_note "the upgrade takes $(said seconds) s"
t_is "fio ran all the time" "$(said running)" yes
t_is "fio finds no error" "$(said cache)" "err= 0"
t_is "the maps are the same" "$(said same)" yes
t_is "the daemon is gone" "$(said after)" "inactive 0"
t_is "its files are gone" "$(said peer)" ""
t_is "DKMS has one version" "$(said dkms)" "rapiddisk/$version"
t_is "rapiddisk-statusd answers at its port" "$(said health)" rapiddisk
t_is "--import prints a valid configuration" "$(said import) $(said check)" "0 0"

t_run "the system restarts" boot_guest "$state" --disk=256M <<'END'
say after "$(versions)"
mount /dev/mapper/rc-wt_vdb /mnt
say target "$(dmsetup table rc-wt_vdb | cut -d ' ' -f 3)"
sha256sum -c /root/sum
say data $?
rapiddisk-apply --dry-run --detailed-exitcode
say plan $?
say units "$(systemctl list-unit-files --no-legend --plain 'rapiddiskd*')"
END
t_is "the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "programs and modules are the new ones" "$(said after)" "$version $version $version"
t_is "the cache has its name, and the new target" "$(said target)" rapiddisk-cache
t_is "rapiddisk-apply has nothing to do" "$(said plan)" 0
t_is "the cached disk has its data" "$(said data)" 0
t_is "the daemon left no unit" "$(said units)" ""
