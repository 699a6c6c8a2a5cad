#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: cpus=1 disk=128M timeout=600
#
# test-status - query the status of a booted system as a user without privilege.
#
# The daemon listens on the addresses of the configuration only, within the limits of its unit. A
# push to an unreachable address fails and keeps the report.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

address=192.0.2.1
url=http://127.0.0.1:9118

# Fetch as nobody, who has no more rights than any other user of the machine.
get() {
	setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS --max-time 60 "$@"
}

code() {
	get -o /dev/null -w '%{http_code}' "$@"
}

configure() {
	cat >/etc/rapiddisk.yaml
	rapiddisk-apply
}

t_atexit "systemctl stop rapiddisk-statusd.socket rapiddisk-statusd.service"
t_atexit "rm -f /etc/rapiddisk.yaml; systemctl daemon-reload"
t_atexit "rapiddisk-apply --teardown"

t_run "systemd-sysusers creates the user of rapiddisk-push" systemd-sysusers
configure <<-END
	version: 1
	ramdisks:
	  - { name: rd1, size: 16MiB }
	caches:
	  - { name: data, source: /dev/vdb, size: 32MiB, mode: write-around }
END
t_run "the socket starts" systemctl start rapiddisk-statusd.socket

for path in / /app.js /app.css /v1/status /v1/drift /v1/live /v1/fields /metrics /healthz \
	/v1/checkServiceStatus /v1/listAllResources /v1/listRapidDiskVolumes \
	/v1/showRapidDiskCacheStats/data /v1/listAllNVMeTargets /v1/listAllNVMePorts; do
	t_is "the user nobody may GET $path" "$(code "$url$path")" 200
done
for method in POST PUT DELETE; do
	t_is "$method is 405" "$(code -X "$method" "$url/v1/status")" 405
done
t_is "statusd runs as a user without a name in /etc/passwd" \
	"$(ps -o uid= -p "$(systemctl show -P MainPID rapiddisk-statusd.service)" |
		awk '{ print ($1 >= 61184 && $1 <= 65519) ? "dynamic" : $1 }')" dynamic
t_is "statusd has no capability" \
	"$(awk '/^Cap(Prm|Eff|Bnd)/ { print $2 }' \
		"/proc/$(systemctl show -P MainPID rapiddisk-statusd.service)/status" | sort -u)" \
	0000000000000000
t_case "systemd-analyze rates the exposure of statusd at 1.5 or less"
exposure=$(systemd-analyze security rapiddisk-statusd.service --no-pager |
	sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
t_note "exposure $exposure"
if awk "BEGIN { exit !($exposure <= 1.5) }"; then ok; else fail "$exposure"; fi

t_run "statusd serves others beside 600 clients with half a header" \
	crowd 9118 /metrics 700 600 120

dd if=/dev/mapper/data of=/dev/null bs=4k count=2000 iflag=direct
dd if=/dev/mapper/data of=/dev/null bs=4k count=2000 iflag=direct
rapiddisk-apply --status --json >"$t_dir/status"
get "$url/v1/live" >"$t_dir/live"
t_is "/v1/live has the hits and misses of --status" \
	"$(jq -c '.caches[] | select(.name == "data") | [.counters.hits, .counters.misses]' \
		"$t_dir/live")" \
	"$(jq -c '.objects[] | select(.name == "data") | [.hits, .misses]' "$t_dir/status")"
t_is "/v1/live has the mode of the cache, without privilege" \
	"$(jq -r '.caches[0].counters.mode' "$t_dir/live")" 1
t_is "/metrics shows a converged system" "$(get "$url/metrics" | sed -n 's/^rapiddisk_converged //p')" 1

sed -i 's/16MiB/24MiB/' /etc/rapiddisk.yaml
t_run "the check for drift runs" systemctl start rapiddisk-drift.service
t_is "the check for drift changes nothing" "$(blockdev --getsize64 /dev/rd1)" 16777216
t_is "/v1/drift names the drifted disk" "$(get "$url/v1/drift" | jq -c '[.drifted, .objects[0].name]')" \
	'[true,"rd1"]'
t_is "/healthz warns" "$(get "$url/healthz" | jq -r .status)" warn
t_is "/v1/status still has the last run" "$(get "$url/v1/status" | jq -r .result)" changed

ip link add rapiddisk0 type dummy
t_atexit "ip link del rapiddisk0"
ip addr add $address/24 dev rapiddisk0
ip link set rapiddisk0 up
t_is "a connection to another address is refused" "$(code http://$address:9118/healthz)" 000
configure <<-END
	version: 1
	ramdisks:
	  - { name: rd1, size: 16MiB }
	caches:
	  - { name: data, source: /dev/vdb, size: 32MiB, mode: write-around }
	status:
	  listen: [ "127.0.0.1:9118", "$address:9118", /run/rapiddisk-statusd.sock ]
	  push:
	    - { url: "http://192.0.2.77/x", connect_timeout: 1s, timeout: 2s }
END
systemctl daemon-reload
t_run "the socket restarts with the configured addresses" \
	systemctl restart rapiddisk-statusd.socket
t_is "statusd answers on the configured address" "$(code http://$address:9118/healthz)" 200
t_is "statusd answers on the configured Unix socket" \
	"$(code --unix-socket /run/rapiddisk-statusd.sock http://localhost/healthz)" 200

t_is "a host name of somebody else is refused on the configured address" \
	"$(code -H 'Host: evil.example' http://$address:9118/v1/status)" 421
sed -i 's/listen:.*/listen: [ "0.0.0.0:9118", "[::]:9118" ]\n  names: [ rack7.example ]/' /etc/rapiddisk.yaml
systemctl daemon-reload
systemctl stop rapiddisk-statusd.service
t_run "the socket starts on 0.0.0.0 and [::]" systemctl restart rapiddisk-statusd.socket
t_is "statusd answers by IPv4 and by IPv6" \
	"$(code http://127.0.0.1:9118/healthz) $(code 'http://[::1]:9118/healthz')" "200 200"
t_is "statusd answers to a configured name and to the host name" \
	"$(code -H 'Host: rack7.example' $url/healthz) $(code -H "Host: $(hostname)" $url/healthz)" \
	"200 200"

t_run "a push to an unreachable address ends" systemctl start rapiddisk-push.service
t_is "/metrics shows the unsent report to every user" \
	"$(get "$url/metrics" | sed -n 's/^rapiddisk_push_spool_reports{.*} //p')" 1
t_is "only the user of rapiddisk-push may read the spool" \
	"$(find /var/lib/rapiddisk/push -mindepth 1 -type d -printf '%u %m\n' | sort -u)" \
	"rapiddisk 700"
t_is "no target of the boot requires the push" \
	"$(systemctl show -P WantedBy -P RequiredBy rapiddisk-push.service | xargs)" ""
