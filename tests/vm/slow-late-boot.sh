#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-late-boot - boot with a cache whose source is absent, and let the source appear afterwards.
#
# Neither local-fs.target nor multi-user.target waits for the source, although the file has exports.
# The rest of the file exists before the mounts of fstab. The source starts a run, and systemd
# mounts the cache.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

state=$(mktemp -d /var/tmp/late-boot.XXXXXX)
t_atexit "rm -rf $state"

boot() { # OPTION...
	cat >"$state/script"
	"$here/guest" --state="$state" --clean-shutdown --disk=64M --console="$state/console" \
		"$@" "$state/script" | tee "$state/output"
	return "${PIPESTATUS[0]}"
}

# Print the value of the line "NAME: VALUE" of the last boot.
said() { # NAME
	sed -n "s/^$1: //p" "$state/output"
}

t_run "the system gets a configuration and mounts in fstab" boot <<'END'
#!/bin/sh
set -e
mkfs.ext4 -q /dev/disk/by-id/virtio-disk1
truncate -s 64M /root/image
mkfs.ext4 -q -L late-data /root/image
cat >/etc/rapiddisk.yaml <<-YAML
	version: 1
	ramdisks: [{ name: rd0, size: 8MiB }]
	caches:
	  - { name: late, source: LABEL=late-data, size: 16MiB, wait: 50s }
	  - { name: early, source: /dev/disk/by-id/virtio-disk1, size: 16MiB, wait: 50s }
	ports: [{ id: 1, transport: loop }]
	exports:
	  - nqn: nqn.2026-11.org.example:a
	    ports: [1]
	    allow_any_host: true
	    namespaces: [{ id: 1, device: rd0 }]
YAML
mkdir /late /early
cat >>/etc/fstab <<-FSTAB
	/dev/mapper/late /late ext4 nofail,x-systemd.device-timeout=900s 0 2
	/dev/mapper/early /early ext4 x-systemd.device-timeout=300s 0 2
FSTAB
END

t_run "the system boots without the source" boot <<'END'
#!/bin/bash
apply=rapiddisk-apply.service exports=rapiddisk-exports.service
open=/sys/kernel/config/nvmet/ports/1/subsystems
rules=/run/udev/rules.d/99-zz-rapiddisk-late.rules
show() { systemctl show -P "$2" "$1"; }
within() { # SECONDS COMMAND...
	end=$(($(cut -d . -f 1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ] || return 1
		sleep 0.2
	done
}
seconds() { # UNIT FROM TO
	echo $((($(show "$1" "$3") - $(show "$1" "$2")) / 1000000))
}
has_exited() { [ "$(show "$1" SubState)" = exited ]; }
is_mounted() { findmnt -n /late; }
is_waiting() { [ "$(show "$1" SubState)" = running ]; }
echo "targets: $(systemctl is-active local-fs.target multi-user.target | xargs)"
echo "apply: $(show $apply ActiveState) after $(seconds $apply InactiveExitTimestampMonotonic ActiveEnterTimestampMonotonic)"
echo "exports: $(show $exports ActiveState) after $(seconds $exports InactiveExitTimestampMonotonic ActiveEnterTimestampMonotonic)"
echo "early: $(findmnt -no SOURCE /early) $(dmsetup table early | cut -d ' ' -f 3)"
echo "late: $(findmnt -no SOURCE /late) $(ls /dev/mapper/late)"
within 300 has_exited $apply && within 300 has_exited $exports || exit 1
for unit in $apply $exports; do
	[ "$(show $unit ActiveEnterTimestampMonotonic)" -lt \
		"$(show $unit ExecMainExitTimestampMonotonic)" ] && echo "$unit: active before the exit"
done
echo "program: $(seconds $apply ExecMainStartTimestampMonotonic ExecMainExitTimestampMonotonic)"
echo "result: $(show $apply Result) $(show $exports Result)"
echo "open: $(ls $open)"
systemctl restart $exports
is_waiting $exports && echo "waits: yes"
started=$(cut -d . -f 1 /proc/uptime)
systemctl stop $exports
echo "stop: $(show $exports Result) $(ls $open | wc -l) after $(($(cut -d . -f 1 /proc/uptime) - started))"
losetup /dev/loop7 /root/image
within 300 is_mounted
echo "mounted: $(findmnt -no SOURCE /late) $(dmsetup table late | cut -d ' ' -f 3)"
echo "settled: $(systemctl is-system-running --wait)"
echo "failed: $(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | xargs)"
echo "cycles: $(journalctl -b -o cat | grep -c "ordering cycle")"
journalctl -b -o short-monotonic -u 'rapiddisk-*'
END
t_is "local-fs.target and multi-user.target are active" "$(said targets)" "active active"
t_run "the unit is active" grep -q '^apply: active after' "$state/output"
t_is "the unit does not keep local-fs.target waiting until the program ends" \
	"$(said rapiddisk-apply.service)" "active before the exit"
t_run "the unit of the exports is active" grep -q '^exports: active after' "$state/output"
t_is "the exports do not keep multi-user.target waiting until the program ends" \
	"$(said rapiddisk-exports.service)" "active before the exit"
t_is "fstab has mounted the cache of the present disk" "$(said early)" \
	"/dev/mapper/early rapiddisk-cache"
t_is "the absent source has no cache" "$(said late)" " "
t_case "the program has waited for the source, as the file says"
if [ "$(said program)" -ge 45 ]; then ok; else fail "$(said program) s"; fi
t_is "both units succeed" "$(said result)" "success success"
t_is "the export is open" "$(said open)" nqn.2026-11.org.example:a
t_is "a restarted unit of exports waits" "$(said waits)" yes
t_run "a stop ends the wait and closes the export" \
	grep -qE '^stop: success 0 after [0-9]$' "$state/output"
t_is "the source is cached and mounted when it appears" "$(said mounted)" \
	"/dev/mapper/late rapiddisk-cache"
t_is "the system is running, and no unit failed" "$(said settled) $(said failed)" "running "
t_is "systemd found no ordering cycle" "$(said cycles)" 0
t_is "the shutdown neither waits nor fails" "$(grep -E \
	'Failed (unmount|to unmount|deactivat)|stop job is running|[Tt]imed out' "$state/console")" ""
