#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# test-service - boot one system several times with rapiddisk-apply.service.
#
# The disks of the configuration exist before systemd mounts the file systems of fstab.
# rapiddisk=0 turns the service off. An invalid configuration or a missing module costs one
# failed unit, not the boot.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

state=$(mktemp -d /var/tmp/test-service.XXXXXX)
t_atexit "rm -rf $state"

# Boot the system again, and run the script on stdin.
boot() { # OPTION...
	cat >"$state/script"
	"$here/guest" --state="$state" --clean-shutdown "$@" "$state/script" |
		tee "$state/output"
	return "${PIPESTATUS[0]}"
}

# Print the value of the line "NAME: VALUE" of the last boot.
said() { # NAME
	sed -n "s/^$1: //p" "$state/output"
}

# Each boot prints these lines, and "settled" only when no job of systemd is left.
# shellcheck disable=SC2016 # expanded in the guest
report='
none_or() { echo "${1:-none}"; }
echo "settled: $(systemctl is-system-running --wait)"
echo "multi-user: $(systemctl is-active multi-user.target)"
echo "failed: $(none_or "$(systemctl --failed --no-legend --plain | cut -d " " -f 1 | xargs)")"
echo "service: $(systemctl is-active rapiddisk-apply.service)"
echo "condition: $(systemctl show -P ConditionResult rapiddisk-apply.service)"
echo "disks: $(none_or "$(lsblk -dnbo NAME,SIZE | grep ^rd | xargs)")"
echo "scratch: $(findmnt -no SOURCE,FSTYPE /scratch | xargs)"
echo "cycles: $(journalctl -b -o cat | grep -c "ordering cycle")"
journalctl -b -o cat -u rapiddisk-apply.service
'

t_run "the system gets a configuration and a mount in fstab" boot <<'EOT'
#!/bin/sh
set -e
cat >/etc/rapiddisk.yaml <<'END'
version: 1
ramdisks:
  - name: rd0
    size: 64MiB
  - name: rd1
    size: 8MiB
END
mkdir /scratch
echo '/dev/disk/by-id/rapiddisk-rd0 /scratch ext4 nofail,x-systemd.makefs,x-systemd.device-timeout=300s 0 0' >>/etc/fstab
EOT

t_run "the system boots with the configuration" boot <<EOT
#!/bin/sh
$report
echo "before: \$(systemctl show -P Before rapiddisk-apply.service | tr ' ' '\n' | grep -c local-fs-pre.target)"
cp /etc/rapiddisk.yaml /root/good.yaml
# The next boots have no disk to wait for.
sed -i 's/timeout=300s/timeout=2s/' /etc/fstab
sed -i 's/8MiB/16MiB/' /etc/rapiddisk.yaml
systemctl reload rapiddisk-apply.service
echo "reload: \$?"
echo "reloaded: \$(blockdev --getsize64 /dev/rd1)"
systemctl stop rapiddisk-apply.service
echo "stopped: \$(lsblk -dnbo NAME,SIZE | grep ^rd | xargs)"
EOT
t_is "the system is running" "$(said settled)" running
t_is "the service is active" "$(said service)" active
t_is "the disks exist" "$(said disks)" "rd0 67108864 rd1 8388608"
t_is "the mount of fstab is on the disk" "$(said scratch)" "/dev/rd0 ext4"
t_is "the service is ordered before local-fs-pre.target" "$(said before)" 1
t_is "systemd found no ordering cycle" "$(said cycles)" 0
t_is "reload succeeds" "$(said reload)" 0
t_is "reload applies a changed configuration" "$(said reloaded)" 16777216
t_is "stop removes no disk" "$(said stopped)" "rd0 67108864 rd1 16777216"

t_run "the system boots with rapiddisk=0" boot --append=rapiddisk=0 <<EOT
#!/bin/sh
$report
echo "version: 7" >/etc/rapiddisk.yaml
EOT
t_is "the boot reaches multi-user" "$(said multi-user)" active
t_is "the service is not active" "$(said service)" inactive
t_is "the service was skipped, and did not fail" "$(said condition) $(said failed)" "no none"
t_is "no disk exists" "$(said disks)" none

t_run "the system boots with an invalid configuration" boot <<EOT
#!/bin/sh
$report
cp /root/good.yaml /etc/rapiddisk.yaml
find /lib/modules -name 'rapiddisk*' -exec mv {} {}.away \;
depmod
EOT
t_is "the boot reaches multi-user" "$(said multi-user)" active
t_is "the service is the only failed unit" "$(said failed)" rapiddisk-apply.service
t_run "the service logs the place of the error" \
	grep -q '/etc/rapiddisk.yaml:1:10: .*version' "$state/output"
t_is "no disk exists" "$(said disks)" none

t_run "the system boots without the module" boot <<EOT
#!/bin/sh
$report
EOT
t_is "the boot reaches multi-user" "$(said multi-user)" active
t_is "the service is the only failed unit" "$(said failed)" rapiddisk-apply.service
t_run "the service logs the names of disk and module" \
	grep -q 'rd0.*rapiddisk' "$state/output"
