#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-fleet disk=256M timeout=1500
#
# slow-status-load - load rapiddisk-statusd, started by its unit, with more clients than it serves.
#
# The requests per second are compared with those of nginx for a file of the same bytes. Then
# 10,000 connections come at once, 5,000 of which never finish their header.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

seconds=${SECONDS_EACH:-20}
statusd=http://127.0.0.1:9118
nginx=http://127.0.0.1:8080

t_atexit "systemctl stop rapiddisk-statusd.socket rapiddisk-statusd.service"
t_atexit "rm -rf /etc/rapiddisk.yaml"
t_atexit "rapiddisk-apply --teardown"
ip link set lo up
cat >/etc/rapiddisk.yaml <<-END
	version: 1
	ramdisks:
	  - { name: rd1, size: 16MiB }
	caches:
	  - { name: data, source: /dev/vdb, size: 32MiB, mode: write-through }
END
t_run "the configuration is applied" rapiddisk-apply
t_run "the socket starts" systemctl start rapiddisk-statusd.socket
t_run "statusd answers" curl -sSf -o "$t_dir/metrics" $statusd/metrics
curl -sSf -o "$t_dir/app.js" $statusd/app.js
pid=$(systemctl show -P MainPID rapiddisk-statusd.service)

cat >"$t_dir/nginx.conf" <<-END
	worker_processes 1;
	pid $t_dir/nginx.pid;
	events { worker_connections 1024; }
	http {
		access_log off;
		sendfile on;
		server { listen 127.0.0.1:8080; root $t_dir; }
	}
END
chmod 755 "$t_dir"
t_run "nginx starts" nginx -c "$t_dir/nginx.conf"
# shellcheck disable=SC2016 # expanded at the end of the test
t_atexit 'kill "$(cat "$t_dir/nginx.pid")"; sleep 1'

# load NAME URL - measure requests per second over 32 persistent connections
load() {
	wrk -t1 -c32 -d"$seconds" --latency "$2" >"$t_dir/wrk"
	cat "$t_dir/wrk"
	t_note "$(printf '%-28s' "$1") $(awk '/Requests\/sec/ { r = $2 } /99%/ { p = $2 }
		END { print r " requests/s, p99 " p }' "$t_dir/wrk") ($(wc -c <"$t_dir/${2##*/}") bytes)"
	t_case "each answer has status 2xx: $1"
	if awk '/Requests\/sec/ { n = $2 } /Non-2xx|Socket errors/ { bad = 1 }
		END { exit bad || !(n > 0) }' "$t_dir/wrk"; then ok; else fail; fi
}

t_note "$(nproc) CPUs, wrk on one of them; one thread serves"
load "statusd /metrics" $statusd/metrics
load "nginx, the same bytes" $nginx/metrics
load "statusd /app.js" $statusd/app.js
load "nginx, the same bytes" $nginx/app.js

# memory SITUATION - print the memory of statusd, and check the limit
memory() {
	peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	t_note "$1: peak $peak KiB resident, including libraries and program $(awk \
		'/^RssFile/ { print $2 }' "/proc/$pid/status") KiB; including the kernel's memory $(
		systemctl show -P MemoryPeak rapiddisk-statusd.service) bytes"
	t_case "$1: statusd uses at most 16 MiB of memory"
	if [ "$peak" -le 16384 ]; then ok; else fail "$peak KiB"; fi
}

memory "after the requests"
for path in /metrics /v1/overview; do
	t_case "10,000 connections, 5,000 with half a header: the others get $path"
	if crowd 9118 $path 10000 5000 240 >"$t_dir/crowd"; then ok; else fail; fi
	t_note "$path: $(cat "$t_dir/crowd")"
	t_is "statusd cuts off none of the others, $path" \
		"$(sed -n 's/.*, cut off \([0-9]*\), .*/\1/p' "$t_dir/crowd")" 0
	memory "10,000 connections, $path"
done
t_case "statusd serves others beside 5,000 connections that always come back"
if crowd -k 9118 /metrics 5200 5000 240 >"$t_dir/crowd"; then ok; else fail; fi
t_note "200 among 5,000 that come back: $(cat "$t_dir/crowd")"
memory "5,000 that come back"
t_is "one process of statusd served all requests" \
	"$(systemctl show -P MainPID rapiddisk-statusd.service)" "$pid"
t_is "statusd answers after the load" "$(curl -s -o /dev/null -w '%{http_code}' $statusd/metrics)" 200
