#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=1800
#
# slow-nvme-kill - kill rapiddisk-apply, or fail its operation, at each operation on nvmet in turn.
#
# The next run converges to the same tree, by find(1), as an undisturbed run.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
nvmet=/sys/kernel/config/nvmet

leave() {
	rapiddisk-apply --teardown
	rm -f $yaml
	rmmod nvme_loop nvmet_tcp nvmet rapiddisk
}
t_atexit leave

first_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks: [ {name: rd0, size: 8MiB}, {name: rd1, size: 8MiB} ]
		ports: [ {id: 1, transport: tcp, address: 127.0.0.1}, {id: 2, transport: loop} ]
		hosts: [ {nqn: nqn.2026-11.org.example:h1} ]
		exports:
		  - nqn: nqn.2026-11.org.example:a
		    namespaces: [ {id: 1, device: rd0} ]
		    ports: [1]
		    hosts: [ "nqn.2026-11.org.example:h1" ]
		  - nqn: nqn.2026-11.org.example:b
		    namespaces: [ {id: 1, device: rd1} ]
		    ports: [2]
		    allow_any_host: true
	END
}

# The way to the second state creates, changes, moves and removes an object of each kind.
second_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks: [ {name: rd0, size: 16MiB}, {name: rd2, size: 8MiB} ]
		ports:
		  - id: 1
		    transport: tcp
		    address: 127.0.0.1
		    service: 4421
		    referrals: [ {name: two, address: 192.0.2.2} ]
		  - {id: 3, transport: loop}
		hosts: [ {nqn: nqn.2026-11.org.example:h1, dhchap_hash: sha512}, {nqn: nqn.2026-11.org.example:h2} ]
		exports:
		  - nqn: nqn.2026-11.org.example:a
		    namespaces: [ {id: 1, device: rd0}, {id: 2, device: rd2} ]
		    ports: [1, 3]
		    hosts: [ "nqn.2026-11.org.example:h2" ]
		  - nqn: nqn.2026-11.org.example:c
		    namespaces: [ {id: 9, device: rd2} ]
		    ports: [3]
		    allow_any_host: true
	END
}

# Print all names, links and values of nvmet.
tree() {
	(cd $nvmet && find . \( -type d -o -type l \) -printf '%p %l\n' | sort
	find . -type f ! -name revalidate_size -exec grep -H . {} + | sort)
}

# begin - remove all owned objects, and configure the first state
begin() {
	rapiddisk-apply --teardown
	rm -rf /run/rapiddisk/owned
	first_state
}

# at N FAULT - run with FAULT at operation N, run again without, and compare the tree.
# Return: 1 if the run has fewer than N operations. The kill runs come before the fail runs, and
# count the operations.
at() {
	if [ "$2" = kill ]; then
		( rapiddisk-apply --fault="kill:$1" )
		[ $? -eq 137 ] || return 1
		operations=$1
	else
		[ "$1" -le "$operations" ] || return 1
		rapiddisk-apply --fault="fail:$1:5"
	fi
	rapiddisk-apply || bad="$bad no convergence after $2 at $1;"
	tree >/tmp/tree
	cmp -s /tmp/tree "$wanted" || bad="$bad after $2 at $1: $(diff /tmp/tree "$wanted" | head -n 5);"
	rapiddisk-apply -n --detailed-exitcode || bad="$bad second plan not empty after $2 at $1;"
	return 0
}

first_state
rapiddisk-apply
tree >/tmp/first
second_state
rapiddisk-apply
tree >/tmp/second
t_run "teardown succeeds" rapiddisk-apply --teardown
t_is "teardown leaves no object, by find" "$(find $nvmet/ports $nvmet/hosts $nvmet/subsystems -mindepth 1 ! -path '*discovery*')" ""

for run in "kill first" "fail first" "kill second" "fail second"; do
	fault=${run% *} state=${run#* } n=1 bad=''
	wanted=/tmp/$state
	t_case "$fault at each operation on the way to the $state state"
	begin
	[ "$state" = first ] || { rapiddisk-apply && second_state; }
	while at "$n" "$fault"; do
		n=$((n + 1))
		begin
		[ "$state" = first ] || { rapiddisk-apply && second_state; }
	done
	if [ -z "$bad" ] && [ "$n" -ge 40 ]; then ok; else fail "$((n - 1)) operations:$bad"; fi
	t_note "$fault: $((n - 1)) operations on the way to the $state state"
done
