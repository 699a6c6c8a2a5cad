#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-nvme-pair - reboot a target while an initiator on another machine writes to its exports.
#
# A cable joins the two machines. The target reboots as its administrator would do it. The exports
# are removed before their devices, and come back with the network. The initiator reconnects by
# itself to the same disks, and loses only the content of a RAM disk.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

work=$(mktemp -d /var/tmp/nvme-pair.XXXXXX)
# shellcheck disable=SC2317 # called by t_end
leave() {
	for pid in "$work"/*.pid; do
		kill "$(cat "$pid")" 2>/dev/null
	done
	wait
	rm -rf "$work"
}
t_atexit leave
mkdir "$work/target" "$work/share"

# guest NAME OTHER NUMBER OPTION... - run the script on stdin in the guest NAME. Datagrams join the
# guests, so that one guest may stop and start while the other runs.
guest() {
	local name=$1 net status
	net="dgram,id=net,local.type=unix,local.path=$work/$1.net"
	net+=",remote.type=unix,remote.path=$work/$2.net"
	cat >"$work/$name.script"
	"$here/guest" --share="$work/share" --timeout=900 --qemu=-netdev --qemu="$net" \
		--qemu=-device \
		--qemu="virtio-net-pci,netdev=net,romfile=,mac=52:54:00:00:00:0$3" \
		"${@:4}" "$work/$name.script" >"$work/$name.output" 2>&1 &
	echo $! >"$work/$name.pid"
	wait $!
	status=$?
	rm "$work/$name.pid"
	return $status
}

# Boot the target again. All its boots are reboots of one system.
target() {
	local status
	guest target initiator 1 --state="$work/target" --disk=64M --clean-shutdown=reboot \
		--console="$work/target.console"
	status=$?
	cat "$work/target.output"
	return $status
}

said() { # NAME KEY
	sed -n "s/^$2=//p" "$work/$1.output" | tail -n 1
}

# Both guests source this file.
cat >"$work/share/common" <<'END'
say() { echo "$1=$2"; }
data=nqn.2026-11.org.example:data
scratch=nqn.2021-06.org.rapiddisk:guest-rd0
# wait_for FILE - wait until the other guest has created FILE
wait_for() {
	for _ in $(seq 600); do
		[ ! -e "/share/$1" ] || return 0
		sleep 0.5
	done
	echo "no $1 after 300 s"
	exit 1
}
END

t_run "the target is set up" target <<'EOT'
#!/bin/bash
set -e
mkdir /var/log/journal
cat >/etc/systemd/network/10-cable.link <<-END
	[Match]
	Driver=virtio_net
	[Link]
	Name=cable0
END
cat >/etc/systemd/network/10-cable.network <<-END
	[Match]
	Name=cable0
	[Network]
	Address=192.0.2.1/24
END
systemctl enable systemd-networkd.service
cat >/etc/rapiddisk.yaml <<-END
	version: 1
	ramdisks: [ {name: rd0, size: 16MiB} ]
	caches: [ {name: data, source: /dev/disk/by-id/virtio-disk1, size: 16MiB} ]
	ports:
	  - {id: 1, transport: tcp, address: 192.0.2.1}
	  - {id: 2, transport: tcp, interface: cable0, service: 4421}
	hosts: [ {nqn: nqn.2026-11.org.example:initiator} ]
	exports:
	  - nqn: nqn.2026-11.org.example:data
	    namespaces: [ {id: 1, device: data} ]
	    ports: [1, 2]
	    hosts: [ "nqn.2026-11.org.example:initiator" ]
	  - namespaces: [ {id: 1, device: rd0} ]
	    ports: [1, 2]
	    allow_any_host: true
END
rapiddisk-apply --check
EOT

guest initiator target 2 --memory=1G <<'EOT' &
#!/bin/bash
. /share/common
for link in /sys/class/net/*; do
	[ -e "$link/device" ] || continue
	ip address add 192.0.2.2/24 dev "${link##*/}"
	ip link set "${link##*/}" up
done
modprobe nvme_tcp

connect() { # NQN SERVICE
	nvme connect -t tcp -a 192.0.2.1 -s "$2" -n "$1" --reconnect-delay=2 \
		--hostnqn=nqn.2026-11.org.example:initiator \
		--hostid=11111111-2222-3333-4444-555555555555
}
# device NQN - print the disk of the export; state NQN - print the state of each connection
device() {
	local subsystem
	for subsystem in /sys/class/nvme-subsystem/*; do
		[ "$(cat "$subsystem/subsysnqn")" = "$1" ] || continue
		find "$subsystem/" -maxdepth 1 -name 'nvme*n*' -printf '/dev/%f\n' |
			grep -v c | head -n 1
	done
}
state() {
	local controller
	for controller in /sys/class/nvme/nvme*; do
		[ "$(cat "$controller/subsysnqn" 2>/dev/null)" = "$1" ] && cat "$controller/state"
	done
}
identity() { # DISK
	echo "$1 $(cat "/sys/class/block/${1##*/}/uuid" "/sys/class/block/${1##*/}/nguid" \
		"/sys/class/block/${1##*/}/wwid" | xargs)"
}
first_64k() {
	dd if="$1" bs=64k count=1 iflag=direct status=none | sha256sum
}

wait_for up.1
say found "$(nvme discover -t tcp -a 192.0.2.1 -s 4421 \
	--hostnqn=nqn.2026-11.org.example:initiator -o json |
	jq -r '.records[].subnqn' | grep -v discovery | sort -u | xargs)"
connect $data 4420
connect $scratch 4421
udevadm settle
disk=$(device $data) ram=$(device $scratch)
say data-before "$(identity "$disk")"
say scratch-before "$(identity "$ram")"
dd if=/dev/urandom of="$disk" bs=64k count=1 oflag=direct status=none
dd if=/dev/urandom of="$ram" bs=64k count=1 oflag=direct status=none
wrote=$(first_64k "$disk")

# Write one record after the other behind the first 64 KiB, before, during and after the reboot.
record() {
	yes "record $1" | head -c 4096
}
write_records() {
	local number=0
	while [ ! -e /root/enough ] && [ $number -lt 12000 ]; do
		number=$((number + 1))
		record $number | dd of="$disk" bs=4k seek=$((16 + number)) count=1 \
			iflag=fullblock oflag=direct conv=notrunc status=none || break
		echo $number >/root/written
	done
	say records-ended "$?"
}
write_records &
writer=$!
sleep 5
touch /share/go.1

# Wait until one connection is not live, even for a moment.
for _ in $(seq 600); do
	[ "$(state $data) $(state $scratch)" = "live live" ] || break
	sleep 0.2
done
say away "$(state $data) $(state $scratch)"
before=$(cat /root/written)
wait_for up.2
started=$SECONDS
for _ in $(seq 300); do
	[ "$(state $data) $(state $scratch)" = "live live" ] && break
	sleep 0.2
done
say back "$(state $data) $(state $scratch)"
say back-after $((SECONDS - started))
udevadm settle
say data-after "$(identity "$disk")"
say scratch-after "$(identity "$ram")"
sleep 5
touch /root/enough
wait $writer
after=$(cat /root/written)
say written-later $((after - before))
bad=0
for number in $(seq "$after"); do
	record "$number" | cmp -s - <(dd if="$disk" bs=4k skip=$((16 + number)) count=1 \
		iflag=direct status=none) || bad=$((bad + 1))
done
say records "$after"
say bad "$bad"
[ "$wrote" = "$(first_64k "$disk")" ] && say kept yes
[ "$(head -c 65536 /dev/zero | sha256sum)" = "$(first_64k "$ram")" ] && say empty yes
blockdev --flushbufs "$disk"
say sum "$(sha256sum <"$disk" | cut -d ' ' -f 1)"
nvme disconnect-all
touch /share/go.2
EOT
initiator=$!

# Boot the target, print the results of its units, and stay up until the initiator is done.
boot_target() { # NUMBER
	target <<-EOT
		#!/bin/bash
		number=$1
		$(
			cat <<-'END'
				. /share/common
				say system "$(systemctl is-system-running --wait)"
				say failed "$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | xargs)"
				say exports "$(systemctl is-active rapiddisk-exports.service) $(systemctl show -P Result rapiddisk-exports.service)"
				at() { systemctl show -P "$2" "$1"; }
				say order "$(sort -n <<<"$(at rapiddisk-apply.service ActiveEnterTimestampMonotonic) disks
				$(at network-online.target ActiveEnterTimestampMonotonic) network
				$(at rapiddisk-exports.service ExecMainStartTimestampMonotonic) exports" |
					cut -d ' ' -f 2 | xargs)"
				say again "$(rapiddisk-apply -n --detailed-exitcode >/dev/null 2>&1; echo $?)"
				systemctl start rapiddisk-drift.service
				say drift "$(jq -r '.drift.result' /run/rapiddisk/status.json)"
				journalctl -b -o cat -u rapiddisk-exports.service
				if [ "$number" = 2 ]; then
					journalctl -b -1 -o cat >/tmp/journal
					# Print the number of the first line that matches.
					line() { grep -nm 1 -E "$1" /tmp/journal | cut -d : -f 1; }
					say stop "$(sort -n <<<"$(line '^Stopped rapiddisk-exports.service') exports
				$(line '^Stopped systemd-networkd.service') network
				$(line '^Stopped target local-fs.target') disks" |
						cut -d ' ' -f 2 | xargs)"
					say removed "$(grep -c '^- export ' /tmp/journal)"
					say stop-result "$(grep -E 'rapiddisk-exports.service: (Failed|Control process exited|Main process exited)' /tmp/journal)"
					grep -nE 'exports|networkd.service|local-fs.target|^- ' /tmp/journal
				fi
				touch "/share/up.$number"
				wait_for "go.$number"
			END
		)
	EOT
}

for number in 1 2; do
	t_run "the target boots, $number" boot_target $number
	t_is "no unit of the target failed, boot $number" "$(said target system) $(said target failed)" "running "
	t_is "rapiddisk-exports.service succeeds, boot $number" "$(said target exports)" "active success"
	t_is "the exports come after the disks and the network, boot $number" "$(said target order)" "disks network exports"
	t_is "a plan of the running target has no step, boot $number" "$(said target again)" 0
	t_is "the check for drift finds no drift, boot $number" "$(said target drift)" converged
	t_is "the shutdown neither waits nor fails, boot $number" "$(grep -E \
		'Failed (unmount|to unmount|deactivat)|Could not detach|stop job is running|[Tt]imed out' \
		"$work/target.console")" ""
done
t_is "the reboot stops the exports before the network and the disks" \
	"$(said target stop | sed 's/disks network/network disks/')" "exports network disks"
t_is "the reboot removes both exports" "$(said target removed)" 2
t_is "rapiddisk-exports.service stops without an error" "$(said target stop-result)" ""

wait "$initiator"
status=$?
cat "$work/initiator.output"
t_is "the initiator's script ends with status 0" $status 0
t_is "discovery on one port lists both exports" "$(said initiator found)" \
	"nqn.2021-06.org.rapiddisk:guest-rd0 nqn.2026-11.org.example:data"
t_case "the initiator notices the reboot"
if [[ $(said initiator away) != "live live" ]]; then ok; else fail; fi
t_is "the initiator reconnects by itself" "$(said initiator back)" "live live"
t_is "the cached disk has the same identifiers" "$(said initiator data-after)" \
	"$(said initiator data-before)"
t_is "the RAM disk has the same identifiers" "$(said initiator scratch-after)" \
	"$(said initiator scratch-before)"
t_is "the cached disk keeps its content" "$(said initiator kept)" yes
t_is "the RAM disk is empty" "$(said initiator empty)" yes
t_is "the writer sees no error" "$(said initiator records-ended)" 0
t_case "the writer continues after the reboot"
if [ "$(said initiator written-later)" -gt 0 ]; then ok; else fail; fi
t_is "the initiator reads back all records" "$(said initiator bad)" 0
t_is "the target's disk has the same content" "$(sha256sum <"$work/target/disk1.raw" | cut -d ' ' -f 1)" \
	"$(said initiator sum)"
t_note "reconnected $(said initiator back-after) s after the target was up; $(said initiator records) records, $(said initiator written-later) of them after the reboot"
