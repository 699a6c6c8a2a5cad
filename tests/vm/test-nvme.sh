#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# Exports by the YAML, seen by a real initiator on the same machine, over TCP and loop: what
# it writes is on the disk, it knows the disk again, sees it grow, and is not cut off.
. /src/tests/vm/lib.sh

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

# The configuration's lines after the version.
config() {
	{ echo "version: 1"; cat; } >$yaml
}

# exports SIZE - the configuration, with a rd0 of SIZE.
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

# device NQN - the initiator's disk of the export.
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

# Everything of nvmet: names, links and values.
tree() {
	(cd $nvmet && find . \( -type d -o -type l \) -printf '%p %l\n' | sort
	find . -type f ! -name revalidate_size -exec grep -H . {} + 2>/dev/null | sort)
}

modprobe nvme_tcp
modprobe nvmet
mkdir $nvmet/subsystems/$foreign
theirs=$(tree)

exports 64MiB
t_run "ports, hosts and exports are made, with their modules" rapiddisk-apply
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
strace -f -o /tmp/trace -e trace=write,mkdirat,unlinkat,symlinkat,openat rapiddisk-apply
t_is "nor does it write to configfs" \
	"$(grep -E 'configfs|sys/kernel/config' /tmp/trace | grep -cE 'mkdirat|unlinkat|symlinkat|O_WRONLY|O_RDWR')" 0
t_is "--dry-run says so" "$(rapiddisk-apply -n)" converged
t_is "--status says whose each is" \
	"$(rapiddisk-apply --status --json | jq -r '.objects[] | select(.kind == "export") | "\(.nqn) \(.owner)"' | sort)" \
	"$(printf '%s\n' "$foreign other" "$any rapiddisk" "$nqn rapiddisk" | sort)"

t_is "discovery shows a host what it may see" \
	"$(as_host discover -o json | jq -r '.records[].subnqn' | grep -v discovery | sort)" \
	"$(printf '%s\n' "$any" $nqn | sort)"
t_is "and a stranger what is for anybody" \
	"$(as_stranger discover -o json | jq -r '.records[].subnqn' | grep -v discovery)" "$any"
t_fails "a stranger is not let in" as_stranger connect -n $nqn
t_run "a host of the list is" as_host connect -n $nqn
disk=$(device $nqn)
t_case "it has a disk"
if [ -b "$disk" ]; then ok; else fail "'$disk'"; fi
t_is "of the size of the RAM disk" "$(blockdev --getsize64 "$disk")" $((64 << 20))
t_is "with the YAML's serial and model" \
	"$(nvme id-ctrl "$disk" -o json | jq -r '(.sn | sub(" +$"; "")) + "|" + (.mn | sub(" +$"; ""))')" \
	"SN-OF-THE-YAML|Disk of the YAML"
t_is "and its UUID" "$(cat "/sys/class/block/${disk##*/}/uuid")" $uuid
t_is "and the NGUID that was made of the names" \
	"$(cat "/sys/class/block/${disk##*/}/nguid")" \
	"$(cat $nvmet/subsystems/$nqn/namespaces/1/device_nguid)"

t_run "what the initiator writes comes back" fio --name=v --filename="$disk" --rw=randwrite \
	--bs=4k --size=16M --direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
blockdev --flushbufs "$disk" /dev/rd0
t_is "and is what the RAM disk holds" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd0)"

# --- while it is connected ---

exports 96MiB
t_run "the RAM disk grows below the export" rapiddisk-apply
for _ in $(seq 50); do
	[ "$(blockdev --getsize64 "$disk")" = $((96 << 20)) ] && break
	sleep 0.1
done
t_is "and the initiator sees it" "$(blockdev --getsize64 "$disk")" $((96 << 20))

before=$(tree)
config <<-END
	ramdisks: [{name: rd0, size: 96MiB}, {name: rd1, size: 32MiB}]
	exports: []
END
rapiddisk-apply >/tmp/out 2>&1
t_is "a connected export is not removed" $? 1
t_note "$(grep "$nqn" /tmp/out)"
t_case "the message says why"
if grep -q "export $nqn: not removed: it is " /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
t_run "and I/O goes on" dd if=/dev/urandom of="$disk" bs=1M count=4 oflag=direct status=none
exports 96MiB
t_run "what nobody was connected to is made again" rapiddisk-apply
t_is "as it was" "$(tree)" "$before"
config <<-END
	ramdisks: []
END
rapiddisk-apply >/tmp/out 2>&1
t_case "nor is its disk"
if grep -q "ramdisk rd0: not removed: it is exported as '$nqn'" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi

exports 96MiB
sed -i 's/serial: .*/serial: OTHER/' $yaml
rapiddisk-apply >/tmp/out 2>&1
t_case "a new serial would drop connections, and is refused"
if grep -q "'on_change: replace' allows that" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
exports 96MiB
nvme disconnect -n $nqn
udevadm settle

# --- over loop ---

rapiddisk-apply
t_run "the other export is reached over loop" nvme connect -t loop -n "$any"
disk=$(device "$any")
t_run "and written to" fio --name=v --filename="$disk" --rw=write --bs=64k --size=8M \
	--direct=1 --ioengine=psync --verify=crc32c --do_verify=1 --minimal
blockdev --flushbufs "$disk" /dev/rd1
t_is "with the same bytes on the RAM disk" "$(sha256sum <"$disk")" "$(sha256sum </dev/rd1)"
nvme disconnect -n "$any"
udevadm settle

# --- imported, removed ---

cp $yaml /tmp/first.yaml
rapiddisk-apply --import >/tmp/import.yaml
t_run "what --import writes is a configuration" rapiddisk-apply --check -c /tmp/import.yaml
t_case "with the foreign subsystem in it"
if grep -q "nqn: $foreign" /tmp/import.yaml; then ok; else fail "$(cat /tmp/import.yaml)"; fi
uuids=$(cat $nvmet/subsystems/"$any"/namespaces/1/device_uuid)
t_run "teardown takes all of it away" rapiddisk-apply --teardown
t_is "and leaves what others made as it was" "$(tree)" "$theirs"
t_is "and no claim" "$(find /run/rapiddisk/owned -type f)" ""
t_run "made again" rapiddisk-apply
t_is "it is the same disk" "$(cat $nvmet/subsystems/"$any"/namespaces/1/device_uuid)" "$uuids"

# --- what is wrong is told, and the rest is made ---

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
t_is "what is wrong gives status 1" $? 1
wrong() {
	t_case "$1"
	if grep -q "$2" /tmp/out; then ok; else fail "$(cat /tmp/out)"; fi
}
wrong "an address of another machine is told" "port 1: not created: its address '192.0.2.77' is none of this machine"
wrong "and a port that is taken" "export $nqn: cannot open it on port '2': Address already in use"
wrong "and an interface that is not there" "port 3: not created: its interface 'nonesuch' has no address"
wrong "and a key that everybody can read" "host $host: not created: its key file '/etc/rapiddisk/keys/bad' is open to others (mode 0644)"
wrong "and one that is missing" "host $stranger: not created: cannot open its key file"
wrong "and a device that is not there" "export nqn.2026-11.org.example:gone: not created: the device '/dev/none'"
t_is "no half of any is left" "$(find $nvmet/subsystems $nvmet/hosts -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" \
	"$(printf '%s\n' $foreign nqn.2026-11.org.example:good | sort)"
t_is "and the rest is made" "$(readlink $nvmet/ports/4/subsystems/nqn.2026-11.org.example:good | sed 's|.*/||')" \
	nqn.2026-11.org.example:good
kill $squatter
t_note "debugfs of nvmet: $(if [ -d /sys/kernel/debug/nvmet ]; then echo yes; else echo no; fi)"
