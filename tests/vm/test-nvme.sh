#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# test-nvme - export RAM disks by the YAML, and use them from a real initiator.
#
# The initiator runs on the same machine, over TCP and loop. Data that the initiator writes is on
# the exported disk. The initiator recognises the disk again, sees the disk grow, and stays
# connected.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
nvmet=/sys/kernel/config/nvmet
host=nqn.2014-08.org.nvmexpress:uuid:11111111-2222-3333-4444-555555555555
stranger=nqn.2014-08.org.nvmexpress:uuid:99999999-2222-3333-4444-555555555555
nqn=nqn.2026-11.org.example:scratch
any=nqn.2021-06.org.rapiddisk:$(hostname)-rd1
foreign=nqn.2020-01.net.other:theirs
uuid=0a3b1c2d-4e5f-4a6b-8c7d-9e0f1a2b3c4d

leave() {
	nvme disconnect-all
	rapiddisk-apply --teardown --disconnect
	rmdir $nvmet/subsystems/$foreign
	rm -rf $yaml /etc/rapiddisk/keys
	udevadm settle
	rmmod nvme_loop nvme_tcp nvmet_tcp nvmet nvme_fabrics rapiddisk
}
t_atexit leave

# Write the configuration: the version, then the lines on stdin.
config() {
	{ echo "version: 1"; cat; } >$yaml
}

# exports SIZE - write the configuration with a rd0 of SIZE
exports() {
	config <<-END
		ramdisks:
		  - {name: rd0, size: $1}
		  - {name: rd1, size: 32MiB}
		ports:
		  - {id: 1, transport: tcp, address: 127.0.0.1}
		  - {id: 2, transport: loop}
		hosts:
		  - {nqn: "$host"}
		exports:
		  - nqn: $nqn
		    namespaces: [ {id: 1, device: rd0, uuid: $uuid} ]
		    ports: [1]
		    hosts: ["$host"]
		    serial: SN-OF-THE-YAML
		    model: Disk of the YAML
		  - namespaces: [ {id: 1, device: rd1} ]
		    ports: [1, 2]
		    allow_any_host: true
	END
}

# device NQN - print the initiator's disk of the export
device() {
	local subsystem
	udevadm settle
	for subsystem in /sys/class/nvme-subsystem/*; do
		[ "$(cat "$subsystem/subsysnqn" 2>/dev/null)" = "$1" ] || continue
		find "$subsystem/" -maxdepth 1 -name 'nvme*n*' -printf '/dev/%f\n' | grep -v c | head -n 1
		return
	done
}

as_host() {
	nvme "$1" -t tcp -a 127.0.0.1 -s 4420 --hostnqn="$host" \
		--hostid=11111111-2222-3333-4444-555555555555 "${@:2}"
}

as_stranger() {
	nvme "$1" -t tcp -a 127.0.0.1 -s 4420 --hostnqn="$stranger" \
		--hostid=99999999-2222-3333-4444-555555555555 "${@:2}"
}

# Print all names, links and values of nvmet.
tree() {
	(cd $nvmet && find . \( -type d -o -type l \) -printf '%p %l\n' | sort
	find . -type f ! -name revalidate_size -exec grep -H . {} + 2>/dev/null | sort)
}

modprobe nvme_tcp
modprobe nvmet
mkdir $nvmet/subsystems/$foreign
theirs=$(tree)

exports 64MiB
t_run "apply creates ports, hosts and exports, and loads their modules" rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
strace -f -o /tmp/trace -e trace=write,mkdirat,unlinkat,symlinkat,openat rapiddisk-apply
t_is "a second run does not write to configfs" \
	"$(grep -E 'configfs|sys/kernel/config' /tmp/trace | grep -cE 'mkdirat|unlinkat|symlinkat|O_WRONLY|O_RDWR')" 0
t_is "--dry-run prints 'converged'" "$(rapiddisk-apply -n)" converged
t_is "--status prints the owner of each export" \
	"$(rapiddisk-apply --status --json | jq -r '.objects[] | select(.kind == "export") | "\(.nqn) \(.owner)"' | sort)" \
	"$(printf '%s\n' "$foreign other" "$any rapiddisk" "$nqn rapiddisk" | sort)"

t_is "discovery lists all exports of a listed host" \
	"$(as_host discover -o json | jq -r '.records[].subnqn' | grep -v discovery | sort)" \
	"$(printf '%s\n' "$any" $nqn | sort)"
t_is "discovery lists only open exports to an unlisted host" \
	"$(as_stranger discover -o json | jq -r '.records[].subnqn' | grep -v discovery)" "$any"
t_fails "an unlisted host cannot connect" as_stranger connect -n $nqn
t_run "a listed host connects" as_host connect -n $nqn
disk=$(device $nqn)
t_case "the initiator has a disk"
if [ -b "$disk" ]; then ok; else fail "'$disk'"; fi
t_is "the initiator's disk has the size of the RAM disk" "$(blockdev --getsize64 "$disk")" $((64 << 20))
t_is "the controller has the configured serial and model" \
	"$(nvme id-ctrl "$disk" -o json | jq -r '(.sn | sub(" +$"; "")) + "|" + (.mn | sub(" +$"; ""))')" \
	"SN-OF-THE-YAML|Disk of the YAML"
t_is "the namespace has the configured UUID" "$(cat "/sys/class/block/${disk##*/}/uuid")" $uuid
t_is "the namespace has the NGUID derived from the names" \
	"$(cat "/sys/class/block/${disk##*/}/nguid")" \
	"$(cat $nvmet/subsystems/$nqn/namespaces/1/device_nguid)"

t_run "the initiator reads back its writes" fio --name=v --filename="$disk" --rw=randwrite \
	--bs=4k --size=16M --direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
blockdev --flushbufs "$disk" /dev/rd0
t_is "the RAM disk holds the initiator's data" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd0)"

# --- while it is connected ---

exports 96MiB
t_run "the RAM disk grows below the export" rapiddisk-apply
for _ in $(seq 50); do
	[ "$(blockdev --getsize64 "$disk")" = $((96 << 20)) ] && break
	sleep 0.1
done
t_is "the initiator sees the new size" "$(blockdev --getsize64 "$disk")" $((96 << 20))

before=$(tree)
config <<-END
	ramdisks: [{name: rd0, size: 96MiB}, {name: rd1, size: 32MiB}]
	exports: []
END
rapiddisk-apply >/tmp/out 2>&1
t_is "a connected export is not removed" $? 1
t_note "$(grep "$nqn" /tmp/out)"
t_case "the message has the reason"
if grep -qE "export $nqn: not removed: (connected|on a port with) " /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
t_run "I/O to the connected export continues" dd if=/dev/urandom of="$disk" bs=1M count=4 oflag=direct status=none
exports 96MiB
t_run "apply creates the removed export again" rapiddisk-apply
t_is "nvmet is as it was before the removal" "$(tree)" "$before"
config <<-END
	ramdisks: []
END
rapiddisk-apply >/tmp/out 2>&1
t_case "the disk of a connected export is not removed"
if grep -q "ramdisk rd0: not removed: exported as '$nqn'" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi

exports 96MiB
sed -i 's/serial: .*/serial: OTHER/' $yaml
rapiddisk-apply >/tmp/out 2>&1
t_case "a new serial, which would drop connections, is refused"
if grep -q "'on_change: replace' permits the loss" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
exports 96MiB
nvme disconnect -n $nqn
udevadm settle

# --- over loop ---

rapiddisk-apply
t_run "the initiator connects to the other export over loop" nvme connect -t loop -n "$any"
disk=$(device "$any")
t_run "the initiator verifies its writes over loop" fio --name=v --filename="$disk" --rw=write --bs=64k --size=8M \
	--direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
blockdev --flushbufs "$disk" /dev/rd1
t_is "the RAM disk holds the data written over loop" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd1)"
nvme disconnect -n "$any"
udevadm settle

# --- the identity of a namespace ---

moves=nqn.2026-11.org.example:moves
# identity DEVICE [KEY [POLICY]] - export the RAM disk DEVICE alone, as $moves
identity() {
	config <<-END
		ramdisks: [{name: rd0, size: 96MiB}, {name: rd1, size: 32MiB}]
		ports: [{id: 1, transport: tcp, address: 127.0.0.1}]
		hosts: [{nqn: "$host"}]
		exports:
		  - nqn: $moves
		    on_change: ${3:-refuse}
		    namespaces: [{id: 1, device: $1$2}]
		    ports: [1]
		    hosts: ["$host"]
	END
}
# Print the UUID of the disk that the initiator has, and the first bytes on it.
seen() {
	local disk
	disk=$(device $moves)
	echo "$(cat "/sys/class/block/${disk##*/}/uuid" 2>/dev/null) $(dd if="$disk" bs=4k count=1 iflag=direct status=none | head -c 4)"
}
# await UUID CONTENT - wait until the initiator has this disk
await() {
	local controller
	for _ in $(seq 100); do
		[ "$(seen)" = "$1 $2" ] && break
		for controller in /dev/nvme[0-9]; do nvme ns-rescan "$controller"; done
		sleep 0.2
	done
}
for disk in rd0 rd1; do echo $disk. | dd of=/dev/$disk bs=4k conv=sync,fsync oflag=direct status=none; done
identity rd0
t_run "rd0 is exported" rapiddisk-apply
as_host connect -n $moves
first=$(seen)
t_is "the initiator reads rd0" "${first#* }" rd0.
nvme disconnect -n $moves
udevadm settle
identity rd1
t_run "the namespace moves to rd1" rapiddisk-apply
t_is "the namespace is enabled again, on rd1" \
	"$(cat $nvmet/subsystems/$moves/namespaces/1/{enable,device_path} | xargs)" "1 /dev/rd1"
as_host connect -n $moves
second=$(seen)
t_is "the initiator reads rd1" "${second#* }" rd1.
t_case "other content has another UUID"
if [ "${first% *}" ] && [ "${second% *}" ] && [ "${first% *}" != "${second% *}" ]; then ok; else fail "'$first', '$second'"; fi
identity rd0
t_fails "the namespace of a connected initiator does not move unasked" rapiddisk-apply
t_is "the initiator still reads rd1" "$(seen)" "$second"
identity rd0 "" replace
t_run "the namespace moves back while the initiator is connected" rapiddisk-apply
await "${first% *}" rd0.
t_is "the initiator finds the first disk again, with its UUID" "$(seen)" "$first"
identity rd0 ", uuid: $uuid" replace
t_run "the same disk gets the UUID of the file while the initiator is connected" rapiddisk-apply
t_is "the namespace is enabled under the UUID of the file" \
	"$(cat $nvmet/subsystems/$moves/namespaces/1/{enable,device_uuid} | xargs)" "1 $uuid"
await $uuid rd0.
t_is "the initiator finds the disk under the UUID of the file" "$(seen)" "$uuid rd0."
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
nvme disconnect -n $moves
udevadm settle

# --- import and teardown ---

exports 96MiB
rapiddisk-apply

cp $yaml /tmp/first.yaml
rapiddisk-apply --import >/tmp/import.yaml
t_run "--import prints a valid configuration" rapiddisk-apply --check -c /tmp/import.yaml
t_case "the imported configuration has the foreign subsystem"
if grep -q "nqn: $foreign" /tmp/import.yaml; then ok; else fail "$(cat /tmp/import.yaml)"; fi
uuids=$(cat $nvmet/subsystems/"$any"/namespaces/1/device_uuid)
t_run "teardown removes all owned objects" rapiddisk-apply --teardown
t_is "teardown leaves foreign objects as they were" "$(tree)" "$theirs"
t_is "teardown leaves no claim" "$(find /run/rapiddisk/owned -type f)" ""
t_run "apply creates all exports again" rapiddisk-apply
t_is "the disk has the same UUID again" "$(cat $nvmet/subsystems/"$any"/namespaces/1/device_uuid)" "$uuids"

# --- errors of some objects ---

rapiddisk-apply --teardown
mkdir -p /etc/rapiddisk/keys
echo nonsense >/etc/rapiddisk/keys/bad
chmod 644 /etc/rapiddisk/keys/bad
python3 - <<-END &
	import socket, time
	s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind(("127.0.0.1", 4433)); s.listen(); time.sleep(30)
END
squatter=$!
for _ in $(seq 50); do ss -ltn | grep -q :4433 && break; sleep 0.1; done
config <<-END
	ramdisks: [{name: rd0, size: 32MiB}]
	ports:
	  - {id: 1, transport: tcp, address: 192.0.2.77, wait: 0s}
	  - {id: 2, transport: tcp, address: 127.0.0.1, service: 4433}
	  - {id: 3, transport: tcp, interface: nonesuch, wait: 0s}
	  - {id: 4, transport: tcp, interface: lo}
	hosts:
	  - {nqn: "$host", dhchap_key_file: /etc/rapiddisk/keys/bad}
	  - {nqn: "$stranger", dhchap_key_file: /etc/rapiddisk/keys/none}
	exports:
	  - {nqn: "$nqn", namespaces: [{id: 1, device: rd0}], ports: [2], allow_any_host: true}
	  - {nqn: nqn.2026-11.org.example:gone, namespaces: [{id: 1, device: /dev/none}], ports: [4], allow_any_host: true}
	  - {nqn: nqn.2026-11.org.example:good, namespaces: [{id: 1, device: rd0}], ports: [4], allow_any_host: true}
END
rapiddisk-apply --timeout=1 >/tmp/out 2>&1
t_is "apply with objects that fail exits with 1" $? 1
wrong() {
	t_case "$1"
	if grep -q "$2" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
}
wrong "the report names the address of another machine" "port 1: not created: address '192.0.2.77' is not an address of this machine"
wrong "the report names the port that is in use" "export $nqn: cannot link the export to port '2': Address already in use"
wrong "the report names the absent interface" "port 3: not created: interface 'nonesuch' has no address"
wrong "the report names the key file that every user may read" "host $host: not created: key file '/etc/rapiddisk/keys/bad' is open to others (mode 0644)"
wrong "the report names the missing key file" "host $stranger: not created: cannot open key file"
wrong "the report names the absent device" "export nqn.2026-11.org.example:gone: not created: device '/dev/none'"
t_is "no part of a failed object is left" "$(find $nvmet/subsystems $nvmet/hosts -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" \
	"$(printf '%s\n' $foreign nqn.2026-11.org.example:good | sort)"
t_is "the other export is created" "$(readlink $nvmet/ports/4/subsystems/nqn.2026-11.org.example:good | sed 's|.*/||')" \
	nqn.2026-11.org.example:good
kill $squatter
t_note "debugfs of nvmet: $(if [ -d /sys/kernel/debug/nvmet ]; then echo yes; else echo no; fi)"
