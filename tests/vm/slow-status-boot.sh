#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-status-boot - measure that a push to an unreachable address does not delay a boot.
#
# One target is an address that drops everything. The other is a name whose name server drops
# everything. Boots with and without these targets alternate PAIRS times (3), and the times to
# multi-user.target are compared.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
pairs=${PAIRS:-3}
work=$(mktemp -d /var/tmp/status-boot.XXXXXX)
t_atexit "rm -rf $work"

# The guest gets an interface that drops all packets, before network-pre.target is reached.
cat >"$work/prepare" <<'END'
#!/bin/sh
set -eu
systemd-sysusers
cat >/etc/systemd/system/hole.service <<-UNIT
	[Unit]
	DefaultDependencies=no
	Before=network-pre.target
	Wants=network-pre.target
	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/bin/sh -c 'ip link add hole type dummy && ip addr add 192.0.2.1/24 dev hole && ip link set hole up'
	[Install]
	WantedBy=sysinit.target
UNIT
echo nameserver 192.0.2.53 >/etc/resolv.conf
cat >/etc/rapiddisk.yaml <<-YAML
	version: 1
	ramdisks:
	  - { name: rd0, size: 16MiB }
YAML
if [ "$1" = with ]; then
	cat >>/etc/rapiddisk.yaml <<-YAML
		status:
		  push:
		    - { url: "http://192.0.2.77/ingest", connect_timeout: 20s, timeout: 20s }
		    - { url: "http://collector.example/ingest", connect_timeout: 20s, timeout: 20s }
	YAML
fi
systemctl enable hole.service rapiddisk-apply.service rapiddisk-statusd.socket \
	rapiddisk-drift.timer rapiddisk-push.timer rapiddisk-push.path
sync
END

cat >"$work/boot" <<'END'
#!/bin/sh
push=rapiddisk-push.service
echo "multi-user $(systemctl show -P ActiveEnterTimestampMonotonic multi-user.target)"
echo "disk $(blockdev --getsize64 /dev/rd0)"
for _ in $(seq 120); do
	[ "$(systemctl show -P ExecMainStartTimestampMonotonic $push)" != 0 ] && break
	sleep 1
done
echo "push-started $(systemctl show -P ExecMainStartTimestampMonotonic $push)"
echo "push-state $(systemctl show -P ActiveState $push)"
if [ "$1" = with ]; then
	for _ in $(seq 300); do
		[ "$(systemctl show -P ActiveState $push)" = activating ] || break
		sleep 1
	done
	echo "push-ended $(systemctl show -P ExecMainExitTimestampMonotonic $push)"
	echo "push-status $(systemctl show -P ExecMainStatus $push)"
	echo "waits $(curl -s http://127.0.0.1:9118/metrics | awk '/^rapiddisk_push_spool_reports/ { n += $2 } END { print n + 0 }')"
	journalctl -b -q -u $push --no-pager | sed 's/^/log /'
	# rapiddisk-push remembers when to retry, so the next boot would send nothing.
	systemctl stop rapiddisk-push.timer rapiddisk-push.path $push
	rm -rf /var/lib/rapiddisk/push/*
fi
END

# boot KIND SCRIPT - boot the guest KIND with SCRIPT, and keep the output in $work/said
boot() {
	"$here/guest" --state="$work/$1" --clean-shutdown --timeout=900 "$work/$2" "$1" >"$work/said" 2>&1
	local status=$?
	cat "$work/said"
	return $status
}

said() {
	sed -n "s/^$1 //p" "$work/said"
}

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

for kind in with without; do
	t_run "the guest $kind a push is created" boot $kind prepare
done

t_case "all guests boot with their RAM disk"
failed=
for ((pair = 0; pair < pairs; pair++)); do
	order=(with without)
	[ $((pair % 2)) -eq 0 ] || order=(without with)
	for kind in "${order[@]}"; do
		boot "$kind" boot || failed+="$kind: status $? "
		[ "$(said disk)" = 16777216 ] || failed+="$kind: no RAM disk "
		echo $(($(said multi-user) / 1000)) >>"$work/time-$kind"
		[ "$kind" = without ] && continue
		echo $((($(said push-ended) - $(said push-started)) / 1000)) >>"$work/time-push"
		cp "$work/said" "$work/said-with"
	done
done
if [ -z "$failed" ]; then ok; else fail "$failed"; fi

with=$(median <"$work/time-with")
without=$(median <"$work/time-without")
push=$(median <"$work/time-push")
t_note "to multi-user with: $(xargs <"$work/time-with") ms, without: $(xargs <"$work/time-without") ms"
t_note "medians: with $with ms, without $without ms; push: $push ms"
cp "$work/said-with" "$work/said"
t_note "push: state $(said push-state), status $(said push-status), unsent reports $(said waits)"
# If the boot waited for the push, the difference would be far above the noise.
t_case "the push tried for more than 30 s"
if [ "$push" -gt 30000 ]; then ok; else fail "$push ms"; fi
t_case "the push delays multi-user by less than 10 s"
if [ $((with - without)) -lt 10000 ]; then ok; else fail "$((with - without)) ms"; fi
t_case "the unsent reports of both targets are kept"
if [ "$(said push-status)" = 1 ] && [ "$(said waits)" -ge 2 ]; then
	ok
else
	fail "status $(said push-status), $(said waits) reports"
fi
