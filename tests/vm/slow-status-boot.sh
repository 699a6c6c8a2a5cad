#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# A push to an address that swallows everything, and one to a name whose server does, do not
# delay a boot: time to multi-user.target with them and without, PAIRS times (3), in turn.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
pairs=${PAIRS:-3}
work=$(mktemp -d /var/tmp/status-boot.XXXXXX)
t_atexit "rm -rf $work"

# An interface that drops all it is to send, there before the network is said to be online.
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
	# It would remember when to try again, and the next boot would try nothing.
	systemctl stop rapiddisk-push.timer rapiddisk-push.path $push
	rm -rf /var/lib/rapiddisk/push/*
fi
END

# KIND SCRIPT - boot it; what it prints is in $work/said.
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
	t_run "the guest $kind a push is made" boot $kind prepare
done

t_case "all guests boot, and have their RAM disk"
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
t_note "medians: with $with ms, without $without ms; the push took $push ms"
cp "$work/said-with" "$work/said"
t_note "push: state $(said push-state), status $(said push-status), reports that wait $(said waits)"
# What a wait for it would cost is far above the noise.
t_case "the push tried for more than 30 s"
if [ "$push" -gt 30000 ]; then ok; else fail "$push ms"; fi
t_case "multi-user is reached as without it: within 10 s"
if [ $((with - without)) -lt 10000 ]; then ok; else fail "$((with - without)) ms"; fi
t_case "what it could not send waits for both"
if [ "$(said push-status)" = 1 ] && [ "$(said waits)" -ge 2 ]; then
	ok
else
	fail "status $(said push-status), $(said waits) wait"
fi
