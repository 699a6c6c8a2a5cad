#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-fleet disk=256M timeout=1500
#
# slow-status-prometheus - scrape rapiddisk-statusd with Prometheus, and push to a Pushgateway.
#
# Debian's Prometheus scrapes for five minutes, with the configuration and the rules of
# examples/fleet. A query shows how the hit ratio moves under fio. Debian's Pushgateway receives the
# metrics of rapiddisk-push, and the test reads them back.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

fleet=/src/examples/fleet/prometheus
half=150 # seconds of fio over the whole disk, then over a small part
prometheus=http://127.0.0.1:9090
gateway=http://127.0.0.1:9091
statusd=http://127.0.0.1:9118

get() {
	curl -sS --max-time 60 "$@"
}

# query EXPRESSION [TIME] - print the value of the only series of EXPRESSION
query() {
	get -G "$prometheus/api/v1/query" --data-urlencode "query=$1" \
		${2:+--data-urlencode "time=$2"} | jq -r '.data.result[0].value[1] // "none"'
}

# holds VALUE OPERATOR OTHER - true if the numbers compare so
holds() {
	awk "BEGIN { exit !($1 $2 $3) }"
}

# t_holds SENTENCE VALUE OPERATOR OTHER - check a comparison of numbers, and print the value
t_holds() {
	t_case "$1"
	t_note "$1: $2 ($3 $4)"
	case $2 in
	none | NaN | '') fail "no value" ;;
	*) if holds "$2" "$3" "$4"; then ok; else fail "$2"; fi ;;
	esac
}

# wait_for URL - wait until a server answers
wait_for() {
	for _ in $(seq 120); do
		get -f -o /dev/null "$1" && return
		sleep 0.5
	done
	return 1
}

# read_for MEGABYTES SECONDS - read 4 KiB blocks of the first MEGABYTES at random
read_for() {
	fio --name=reads --filename=/dev/mapper/data --rw=randread --bs=4k --direct=1 \
		--size="$1M" --norandommap --rate_iops=100 --time_based --runtime="$2"
}

configure() {
	{
		cat <<-END
			version: 1
			ramdisks:
			  - { name: rd1, size: ${size:-16MiB} }
			caches:
			  - { name: data, source: /dev/vdb, size: 32MiB, mode: write-through }
		END
		cat
	} >/etc/rapiddisk.yaml
}

t_atexit "systemctl stop rapiddisk-statusd.socket rapiddisk-statusd.service"
t_atexit "rm -rf /etc/rapiddisk.yaml /var/lib/rapiddisk/push; systemctl daemon-reload"
t_atexit "rapiddisk-apply --teardown"
ip link set lo up
configure </dev/null
t_run "the configuration is applied" rapiddisk-apply
t_run "the socket starts" systemctl start rapiddisk-statusd.socket

# The test uses the files of the example with a shorter interval.
cp $fleet/prometheus.yml $fleet/rules.yml "$t_dir"
sed -i 's/_interval: 15s/_interval: 5s/' "$t_dir/prometheus.yml"
mkdir "$t_dir/tsdb"
chown prometheus "$t_dir/tsdb"
chmod 755 "$t_dir"
setpriv --reuid=prometheus --regid=prometheus --clear-groups prometheus \
	--config.file="$t_dir/prometheus.yml" --storage.tsdb.path="$t_dir/tsdb" \
	--web.listen-address=127.0.0.1:9090 --log.level=warn &
prometheus_pid=$!
t_atexit "kill $prometheus_pid; wait $prometheus_pid"
t_run "Prometheus starts" wait_for $prometheus/-/ready
t_note "$(prometheus --version 2>&1 | head -n 1)"

begin=$(date +%s)
t_run "fio reads all of the disk" read_for 256 $half
middle=$(date +%s)
t_run "fio reads a small part of it" read_for 2 $half
end=$(date +%s)

ratio='sum(rate(rapiddisk_cache_hits_total{cache="data"}[1m])) / (sum(rate(rapiddisk_cache_hits_total{cache="data"}[1m])) + sum(rate(rapiddisk_cache_misses_total{cache="data"}[1m])))'
t_note "hit ratio each 30 s: $(get -G $prometheus/api/v1/query_range \
	--data-urlencode "query=$ratio" -d start="$((begin + 30))" -d end="$end" -d step=30 |
	jq -r '[.data.result[0].values[][1] | tonumber * 1000 | round / 1000] | join(" ")')"
t_holds "the hit ratio is low while fio reads a large part" "$(query "$ratio" $((middle - 5)))" "<" 0.3
t_holds "the hit ratio is high while fio reads a small part" "$(query "$ratio" "$end")" ">" 0.9
t_holds "the recorded ratio exists" \
	"$(query 'rapiddisk:cache_hit_ratio:rate5m{cache="data"}' "$end")" ">" 0.3
t_holds "Prometheus scraped for five minutes" \
	"$(query 'count_over_time(up{job="rapiddisk"}[5m])' "$end")" ">=" 55
t_is "each scrape got an answer" \
	"$(query 'min_over_time(up{job="rapiddisk"}[5m])' "$end")" 1
t_note "slowest scrape: $(query \
	'max_over_time(scrape_duration_seconds{job="rapiddisk"}[5m])' "$end") s; samples of one: $(
	query 'scrape_samples_scraped{job="rapiddisk"}' "$end")"
sleep 6 # a scrape
t_is "Prometheus has the hits of the module" \
	"$(query 'rapiddisk_cache_hits_total{cache="data"}')" \
	"$(cat /sys/kernel/rapiddisk_cache/data/hits)"
t_is "each rule can be evaluated" \
	"$(get $prometheus/api/v1/rules |
		jq -r '[.data.groups[].rules[].health] | unique | join(" ")')" ok
t_is "no alert is pending while the system is in sync" "$(query 'count(ALERTS{alertname=~"Rapiddisk.*"})')" none

size=24MiB
configure </dev/null
t_run "the check for drift runs" systemctl start rapiddisk-drift.service
for _ in $(seq 60); do
	drift=$(query 'count(ALERTS{alertname="RapiddiskDrift", alertstate="pending"})')
	[ "$drift" = 1 ] && break
	sleep 1
done
t_is "drift becomes a pending alert" "$drift" 1

# --- the Pushgateway ---

prometheus-pushgateway --web.listen-address=127.0.0.1:9091 --log.level=warn &
gateway_pid=$!
t_atexit "kill $gateway_pid; wait $gateway_pid"
t_run "the Pushgateway starts" wait_for $gateway/-/ready
t_note "$(prometheus-pushgateway --version 2>&1 | head -n 1)"
configure <<-END
	status:
	  push:
	    - url: $gateway/metrics/job/rapiddisk/instance/guest
	      format: prometheus
	      interval: 1s
END
t_run "the configuration with a push is applied" rapiddisk-apply
t_run "systemd-sysusers creates the user of rapiddisk-push" systemd-sysusers

# pushed NAME - print the value of the metric in the pushed group
pushed() {
	get $gateway/api/v1/metrics | jq -r '.data[] |
		select(.labels.job == "rapiddisk" and .labels.instance == "guest") |
		.'"$1"'.metrics[0].value // "none"'
}

# Compare a metric of the gateway with the one of statusd. The gateway's numbers are floats.
same_as_statusd() { # SENTENCE METRIC
	t_is "$1: $2" "$(pushed "$2" | awk '{ printf "%d\n", $1 }')" \
		"$(get $statusd/metrics | sed -n "s/^$2\({.*}\)\{0,1\} //p" | head -n 1)"
}

t_run "rapiddisk-push sends" systemctl start rapiddisk-push.service
t_is "rapiddisk-push succeeds" "$(systemctl show -P ExecMainStatus rapiddisk-push.service)" 0
for name in rapiddisk_converged rapiddisk_drift_objects rapiddisk_cache_hits_total \
	rapiddisk_ramdisk_size_bytes; do
	same_as_statusd "the gateway has the value of statusd" $name
done
t_is "the gateway accepts the push" "$(get $gateway/api/v1/metrics |
	jq -r '.data[0].last_push_successful')" true
before=$(pushed rapiddisk_cache_hits_total)
read_for 2 3
t_run "rapiddisk-push sends again" systemctl start rapiddisk-push.service
same_as_statusd "the gateway has the new value" rapiddisk_cache_hits_total
t_holds "the new value is larger" "$(pushed rapiddisk_cache_hits_total)" ">" "$before"
t_is "the gateway has exactly one group" "$(get $gateway/api/v1/metrics |
	jq -r '[.data[].labels.job] | join(" ")')" rapiddisk
