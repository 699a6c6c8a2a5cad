#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# test-nvme-net - ports on the addresses that a kernel has for a while only, or by several names.
#
# A pair of interfaces has tentative, duplicate, labelled and link-local addresses. The kernel
# shows which listeners collide, and an initiator connects over each.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
nvmet=/sys/kernel/config/nvmet
nqn=testnqn
far=here-far

leave() {
	nvme disconnect-all
	rapiddisk-apply --teardown --disconnect
	ip link delete near
	ip netns delete $far
	rm -f $yaml
	udevadm settle
	rmmod nvme_tcp nvmet_tcp nvmet nvme_fabrics rapiddisk
}
t_atexit leave

# ports - write the configuration with the ports on stdin, one a line, and an export on all
ports() {
	local lines
	lines=$(cat)
	{
		echo "version: 1"
		echo "ramdisks: [{name: rd0, size: 32MiB}]"
		printf 'ports:\n%s\n' "$lines"
		echo "exports:"
		echo "  - nqn: $nqn"
		echo "    namespaces: [{id: 1, device: rd0}]"
		echo "    ports: [$(grep -o 'id: [0-9]*' <<<"$lines" | sed 's/id: //' | paste -sd,)]"
		echo "    allow_any_host: true"
	} >$yaml
}

# connects ADDRESS SERVICE - connect an initiator, and disconnect it
connects() {
	nvme connect -t tcp -a "$1" -s "$2" -n $nqn && nvme disconnect -n $nqn
}

# state ADDRESS - print the flags of an address of the near end
state() {
	ip -6 -o addr show dev near | grep -F " $1/" | grep -oE 'tentative|dadfailed' | paste -sd' '
}

modprobe nvme_tcp
ip netns add $far
ip link add near type veth peer name far netns $far
ip link property add dev near altname a-longer-name-of-near
ip addr add 192.0.2.10/24 dev near label near:srv
ip -n $far addr add 2001:db8::99/64 dev far nodad
ip -n $far link set far up

# --- tentative, and a duplicate ---

sysctl -qw net.ipv6.conf.near.dad_transmits=5
ip link set near up
ip addr add 2001:db8::10/64 dev near
ports <<-END
	  - {id: 1, transport: tcp, address: "2001:db8::10", wait: 0s}
END
t_case "a tentative address is named as such"
if [ "$(state 2001:db8::10)" != tentative ]; then
	fail "the address is not tentative: $(ip -6 addr show dev near)"
elif rapiddisk-apply -n | grep -q "address '2001:db8::10' is tentative"; then
	ok
else
	fail "$(rapiddisk-apply -n)"
fi
sed -i 's/wait: 0s/wait: 60s/' $yaml
t_run "wait covers a tentative address" rapiddisk-apply --timeout=90
t_is "the kernel listens at the address" \
	"$(ss -Hltn 'sport = :4420' | awk '{print $4}')" "[2001:db8::10]:4420"
t_run "an initiator connects over IPv6" connects 2001:db8::10 4420
rapiddisk-apply --teardown

ip addr add 2001:db8::99/64 dev near
for _ in $(seq 300); do
	[[ $(state 2001:db8::99) != *dadfailed* ]] || break
	sleep 0.1
done
ports <<-END
	  - {id: 1, transport: tcp, address: "2001:db8::99", wait: 0s}
END
t_is "the kernel finds the duplicate address" "$(state 2001:db8::99 | grep -o dadfailed)" dadfailed
t_case "a duplicate address is named as such"
if rapiddisk-apply -n | grep -q "address '2001:db8::99' failed duplicate address detection"; then
	ok
else
	fail "$(rapiddisk-apply -n)"
fi

# --- names ---

local=$(ip -6 -o addr show dev near scope link | grep -o 'fe80:[0-9a-f:]*' | head -n 1)
ports <<-END
	  - {id: 1, transport: tcp, interface: near}
	  - {id: 2, transport: tcp, interface: a-longer-name-of-near, service: 4421}
	  - {id: 3, transport: tcp, interface: "near:srv", service: 4422}
	  - {id: 4, transport: tcp, address: "$local%near", service: 4423}
END
t_run "ports by name, altname, label and zone are created" rapiddisk-apply
t_is "the ports have the addresses" "$(cat $nvmet/ports/*/addr_traddr)" \
	"$(printf '%s\n' 192.0.2.10 192.0.2.10 192.0.2.10 "$local%near")"
t_run "an initiator connects by the label's address" connects 192.0.2.10 4422
t_run "an initiator connects to a link-local address" connects "$local%near" 4423
t_is "a second run changes nothing" "$(rapiddisk-apply -n)" converged
rapiddisk-apply --import >/tmp/imported.yaml
t_run "--import prints a valid configuration" rapiddisk-apply --check -c /tmp/imported.yaml
t_is "the imported configuration is in sync" "$(rapiddisk-apply -n -c /tmp/imported.yaml)" converged
rapiddisk-apply --teardown

# --- a wildcard beside other addresses ---

# listen_both FIRST SECOND - open two ports by hand; fails if the kernel refuses the second
listen_both() {
	local id=1 address r
	modprobe nvmet
	modprobe nvmet_tcp
	mkdir $nvmet/subsystems/by-hand
	for address; do
		mkdir $nvmet/ports/$id
		echo tcp >$nvmet/ports/$id/addr_trtype
		case $address in *:*) echo ipv6 ;; *) echo ipv4 ;; esac >$nvmet/ports/$id/addr_adrfam
		echo "$address" >$nvmet/ports/$id/addr_traddr
		echo 4430 >$nvmet/ports/$id/addr_trsvcid
		ln -s $nvmet/subsystems/by-hand $nvmet/ports/$id/subsystems/by-hand
		r=$?
		id=$((id + 1))
	done
	rm -f $nvmet/ports/*/subsystems/by-hand
	rmdir $nvmet/ports/1 $nvmet/ports/2 $nvmet/subsystems/by-hand
	return $r
}

# plans FIRST SECOND - succeed if the file with both ports is valid and its plan blocks neither
plans() {
	ports <<-END
		  - {id: 1, transport: tcp, address: "$1", service: 4430}
		  - {id: 2, transport: tcp, address: "$2", service: 4430}
	END
	rapiddisk-apply --check && ! rapiddisk-apply -n | grep '^! port'
}

agree() { # WANTED FIRST SECOND
	local kernel=refuses plan=refuses
	listen_both "$2" "$3" && kernel=accepts
	plans "$2" "$3" && plan=accepts
	t_is "the kernel $1 $2 beside $3" $kernel "$1"
	t_is "and so does the plan" $plan $kernel
}

agree refuses :: 0.0.0.0
agree refuses :: 192.0.2.10
agree refuses :: 2001:db8::10
agree refuses 0.0.0.0 127.0.0.1
agree refuses 127.0.0.1 0.0.0.0
agree accepts 0.0.0.0 2001:db8::10
agree accepts 127.0.0.1 192.0.2.10
sysctl -qw net.ipv6.bindv6only=1
agree accepts :: 0.0.0.0
agree accepts 0.0.0.0 ::
agree refuses :: 2001:db8::10
sysctl -qw net.ipv6.bindv6only=0
