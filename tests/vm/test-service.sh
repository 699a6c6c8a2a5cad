#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# test-service - boot one system several times with rapiddisk-apply.service.
#
# The disks of the configuration exist before systemd mounts the file systems of fstab.
# rapiddisk=0 turns the service off. An invalid configuration costs one failed unit, not the
# boot. After a run in which objects failed, the units are active: reload, restart, stop and the
# shutdown do what they say, and the journal has the errors with priority and fields.

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
# The boot goes on while the program waits for what is absent.
while [ "$(systemctl show -P SubState rapiddisk-apply.service)" = running ]; do sleep 0.2; done
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

# rd9 can never be created. The units load the modules of the cache and of nvmet themselves, with
# the system calls that they allow.
t_run "the units run with an object that fails" boot --disk=64M <<EOT
#!/bin/bash
apply=rapiddisk-apply.service exports=rapiddisk-exports.service
nqn=nqn.2026-11.org.example:a
open=/sys/kernel/config/nvmet/ports/1/subsystems
state_of() { systemctl show -P ActiveState "\$1"; }
errors() { journalctl -b -o json -u "\$1" PRIORITY=3; }
# Each stop of the exports counts in a file, which the next boot reads, what is open after it.
mkdir -p /etc/systemd/system/\$exports.d
cat >/etc/systemd/system/\$exports.d/count.conf <<END
[Service]
ExecStopPost=+/bin/sh -c 'ls \$open 2>/dev/null | wc -l >/var/lib/open-after-stop'
END
cat >/etc/rapiddisk.yaml <<END
version: 1
ramdisks:
  - {name: rd0, size: 64MiB}
  - {name: rd1, size: 16MiB}
  - {name: rd9, size: 900GiB}
caches:
  - {name: data, source: /dev/vdb, size: 8MiB}
ports:
  - {id: 1, transport: loop}
exports:
  - {nqn: \$nqn, namespaces: [{id: 1, device: rd1}], ports: [1], allow_any_host: true}
END
systemctl daemon-reload
echo "wanted: \$(systemctl show -P Wants multi-user.target | tr ' ' '\n' | grep -c \$exports)"
systemctl restart \$apply; echo "restart: \$?"
echo "apply: \$(state_of \$apply)"
echo "map: \$(dmsetup table data | cut -d ' ' -f 3)"
systemctl start \$exports
echo "exports: \$(state_of \$exports)"
echo "modules: \$(lsmod | grep -cE '^(rapiddisk_cache|nvmet|nvme_loop) ')"
echo "open: \$(ls \$open)"
echo "report: \$(jq -r .result /run/rapiddisk/status.json)"
echo "fields: \$(errors \$exports | jq -rs '.[-1] | [.MESSAGE_ID, .RAPIDDISK_KIND,
	.RAPIDDISK_OBJECT, .RAPIDDISK_ACTION, .RAPIDDISK_RESULT, .SYSLOG_IDENTIFIER] | join(" ")')"
echo "message: \$(errors \$exports | jq -rs '.[-1].MESSAGE')"
echo "ordinary: \$(journalctl -b -o cat -u \$exports -p 6..6 -t rapiddisk-apply | grep -c '+ export')"
systemctl reload \$apply; echo "reload: \$?"
systemctl reload \$exports; echo "reload exports: \$?"
echo "after reload: \$(state_of \$exports) \$(ls \$open)"
systemctl restart \$exports; echo "restart exports: \$?"
echo "after restart: \$(state_of \$exports) \$(ls \$open)"
systemctl stop \$exports; echo "stop: \$?"
echo "after stop: \$(state_of \$exports) \$(ls \$open 2>/dev/null | wc -l)"
# An error of the kernel has its number.
cp /etc/rapiddisk.yaml /root/faulty.yaml
echo "  - {nqn: \$nqn.b, namespaces: [{id: 1, device: rd0}], ports: [1], allow_any_host: true}" >>/root/faulty.yaml
systemd-run --wait -q -u faulty rapiddisk-apply -c /root/faulty.yaml --fault=fail:1:28
echo "errno: \$(errors faulty.service | jq -rs 'map(select(.ERRNO))[0] | .ERRNO + " " + .PRIORITY')"
systemd-run --wait -q -u invalid sh -c 'echo "version: 7" >/root/bad.yaml; exec rapiddisk-apply -c /root/bad.yaml'
echo "invalid: \$(errors invalid.service | jq -rs '.[0] | [.MESSAGE_ID, .MESSAGE] | join(" ")' | head -1)"
systemctl reset-failed faulty.service invalid.service
rapiddisk-apply --teardown --disconnect
systemctl restart \$apply \$exports
echo "open before the shutdown: \$(ls \$open)"
rm -f /var/lib/open-after-stop
echo "failed: \$(systemctl --failed --no-legend --plain | cut -d " " -f 1 | xargs)"
EOT
# As rapiddisk-apply(8) documents.
object_id=30820d6f3e124e7282345ecdbaf3472a
config_id=59e2797100bd4e8f8be20435a270a629
t_is "a daemon-reload enables the unit of the exports" "$(said wanted)" 1
t_is "restart succeeds" "$(said restart)" 0
t_is "rapiddisk-apply.service is active" "$(said apply)" active
t_is "the unit has created a cache" "$(said map)" rapiddisk-cache
t_is "rapiddisk-exports.service is active" "$(said exports)" active
t_is "the units have loaded the modules" "$(said modules)" 3
t_is "the export is open" "$(said open)" nqn.2026-11.org.example:a
t_is "the status has the failure" "$(said report)" partial
t_is "the journal has the failed object in fields" "$(said fields)" \
	"$object_id ramdisk rd9 create blocked rapiddisk-apply"
t_run "the message in the journal names object and reason" \
	grep -q '^message: ramdisk rd9: not created: .*900GiB' "$state/output"
t_is "steps that succeed have the priority of a notice or less" "$(said ordinary)" 1
t_is "reload succeeds after a failed object" "$(said reload) $(said 'reload exports')" "0 0"
t_is "the export is open after a reload" "$(said 'after reload')" \
	"active nqn.2026-11.org.example:a"
t_is "the export is open after a restart" "$(said 'restart exports') $(said 'after restart')" \
	"0 active nqn.2026-11.org.example:a"
t_is "stop closes the exports" "$(said stop) $(said 'after stop')" \
	"0 inactive 0"
t_is "the journal has the errno" "$(said errno)" "28 3"
t_is "the journal has the error of the configuration" "$(said invalid)" \
	"$config_id /root/bad.yaml:1:10: unknown version '7'; this program knows version 1"
t_is "no unit failed" "$(said failed)" ""
t_is "the export is open before the shutdown" "$(said 'open before the shutdown')" \
	nqn.2026-11.org.example:a

t_run "the system boots with rapiddisk=0" boot --append=rapiddisk=0 <<EOT
#!/bin/sh
$report
echo "open after the shutdown: \$(cat /var/lib/open-after-stop)"
rm -r /etc/systemd/system/rapiddisk-exports.service.d
echo "version: 7" >/etc/rapiddisk.yaml
EOT
t_is "the shutdown closed the exports, though an object had failed" \
	"$(said 'open after the shutdown')" 0
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
t_is "the service is active, and no unit failed" "$(said service) $(said failed)" "active none"
t_run "the service logs the names of disk and module" \
	grep -q 'rd0.*rapiddisk' "$state/output"
