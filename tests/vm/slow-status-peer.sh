#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie disk=256M
#
# slow-status-peer - compare rapiddisk-statusd with the daemon of rapiddisk 9.2.0 on one machine.
#
# Debian 13 has that daemon. The six GETs of both return the same JSON, member for member, except
# members that depend on the time or on the version.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

ours=http://127.0.0.1:9118/v1
peer=http://127.0.0.1:9119/v1
host=nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555
cache=rc-wa_vdb

get() {
	curl -sS --max-time 60 "$@"
}

cleanup() {
	systemctl stop rapiddisk-statusd.socket rapiddisk-statusd.service
	rapiddisk-apply --teardown --disconnect
	rm -f /etc/rapiddisk.yaml
	rmmod nvmet_tcp nvme_loop nvmet
}
t_atexit cleanup

# This filter keeps the types, without values.
shape='def shape: if type == "object" then map_values(shape)
	elif type == "array" then map(shape) else type end; shape'
# This filter keeps the values. Lists are sorted, because a directory has no order. Members that
# change by themselves are dropped.
values='del(.version, .resources?[0]?.memory?[0]?.mem_free) |
	walk(if type == "array" then sort_by(tojson) else . end)'

# compare PATH - compare the answers of both daemons
compare() {
	get "$ours/$1" >"$t_dir/ours"
	get "$peer/$1" >"$t_dir/peer"
	cat "$t_dir/ours" "$t_dir/peer"
	t_note "$1: $(head -c 300 "$t_dir/peer")"
	jq "$shape" "$t_dir/peer" >"$t_dir/peer.shape"
	jq "$shape" "$t_dir/ours" >"$t_dir/ours.shape"
	jq -S "$values" "$t_dir/peer" >"$t_dir/peer.values"
	jq -S "$values" "$t_dir/ours" >"$t_dir/ours.values"
	t_run "$1: the same members in the same order, of the same types" \
		diff "$t_dir/peer.shape" "$t_dir/ours.shape"
	t_run "$1: the same values" diff "$t_dir/peer.values" "$t_dir/ours.values"
}

ip link set lo up
cat >/etc/rapiddisk.yaml <<-END
	version: 1
	ramdisks:
	  - { name: rd0, size: 16MiB }
	  - { name: rd1, size: 32MiB }
	  - { name: rd2, size: 64MiB }
	  - { name: rd3, size: 8MiB, read_only: true }
	caches:
	  - { name: $cache, source: /dev/vdb, ramdisk: rd2, mode: write-around }
	ports:
	  - { id: 1, transport: tcp, address: 127.0.0.1 }
	  - { id: 2, transport: loop }
	hosts:
	  - { nqn: "$host" }
	exports:
	  - nqn: nqn.2026-11.org.example:scratch
	    namespaces: [ { id: 1, device: rd0 } ]
	    ports: [ 1, 2 ]
	    hosts: [ "$host" ]
	  - nqn: nqn.2026-11.org.example:other
	    namespaces: [ { id: 1, device: rd1 } ]
	    ports: [ 1 ]
	    allow_any_host: true
END
t_run "the configuration is applied" rapiddisk-apply
dd if=/dev/urandom of=/dev/rd0 bs=1M count=3 oflag=direct
dd if=/dev/mapper/$cache of=/dev/null bs=4k count=300 iflag=direct
dd if=/dev/mapper/$cache of=/dev/null bs=4k count=200 iflag=direct
dd if=/dev/zero of=/dev/mapper/$cache bs=4k count=10 oflag=direct
udevadm settle

t_run "statusd's socket starts" systemctl start rapiddisk-statusd.socket
rapiddiskd -d -p 9119 &
peer_pid=$!
t_atexit "kill $peer_pid; wait $peer_pid"
t_case "the daemon of rapiddisk 9.2.0 answers"
for _ in $(seq 60); do
	get -f -o /dev/null $peer/checkServiceStatus && break
	sleep 0.5
done
if get -f -o /dev/null $peer/checkServiceStatus; then ok; else fail; fi
t_note "$(rapiddiskd -v | head -n 1)"

for path in checkServiceStatus listAllResources listRapidDiskVolumes \
	showRapidDiskCacheStats/$cache listAllNVMeTargets listAllNVMePorts; do
	compare "$path"
done

# Only root may read the number of controllers, so /metrics has the number of the last check for
# drift.
controllers() {
	systemctl start rapiddisk-drift.service
	get http://127.0.0.1:9118/metrics |
		sed -n 's/^rapiddisk_export_controllers{nqn="nqn.2026-11.org.example:scratch"} //p'
}

t_is "no controller is connected" "$(controllers)" 0
t_run "an initiator connects" nvme connect -t loop -n nqn.2026-11.org.example:scratch -q $host
t_is "/metrics counts the controller" "$(controllers)" 1
t_run "the initiator disconnects" nvme disconnect -n nqn.2026-11.org.example:scratch
t_is "/metrics counts no controller" "$(controllers)" 0
