#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=3G cpus=2 timeout=1200
# guest: suite=sid-nvme memory=3G cpus=2 timeout=1200
#
# slow-nvme-scale - create, find and remove 64 exports with 256 namespaces on 4 ports.
#
# nvmetcli saves the same exports and restores them, and the times are compared. On an emulated
# CPU, the time for the same work varies by a third. Both programs therefore take turns, nine times,
# and the medians are compared.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
nvmet=/sys/kernel/config/nvmet

leave() {
	rapiddisk-apply --teardown
	rm -f $yaml
	rmmod nvmet_tcp nvmet rapiddisk
}
t_atexit leave

ms() {
	echo $(($(date +%s%N) / 1000000))
}

{
	echo "version: 1"
	echo "ramdisks:"
	for d in $(seq 0 63); do echo "  - {name: rd$d, size: 4MiB}"; done
	echo "ports:"
	for p in 1 2 3 4; do echo "  - {id: $p, transport: tcp, address: 127.0.0.1, service: $((4420 + p))}"; done
	echo "exports:"
	for e in $(seq 0 63); do
		echo "  - nqn: nqn.2026-11.org.example:e$e"
		echo "    ports: [1, 2, 3, 4]"
		echo "    allow_any_host: true"
		echo "    namespaces:"
		for n in 1 2 3 4; do echo "      - {id: $n, device: rd$(((e + n - 1) % 64))}"; done
	done
} >$yaml

sed '/^ports:/,$d' $yaml >/tmp/disks.yaml
rapiddisk-apply -q -c /tmp/disks.yaml
modprobe nvmet_tcp
start=$(ms)
t_run "apply creates all exports" rapiddisk-apply -q
made=$(($(ms) - start))
t_is "256 namespaces are enabled" "$(cat $nvmet/subsystems/*/namespaces/*/enable | grep -c 1)" 256
t_is "each export is on 4 ports" "$(find $nvmet/ports -type l | wc -l)" 256
strace -f -o /tmp/trace -e trace=mkdirat,unlinkat,symlinkat,openat rapiddisk-apply
t_is "a second run changes nothing" \
	"$(grep -E 'sys/kernel/config' /tmp/trace | grep -cE 'mkdirat|unlinkat|symlinkat|O_WRONLY|O_RDWR')" 0
start=$(ms)
t_is "a second run prints nothing" "$(rapiddisk-apply 2>&1)" ""
again=$(($(ms) - start))
start=$(ms)
t_run "teardown succeeds" rapiddisk-apply -q --teardown --stage=network
gone=$(($(ms) - start))
t_is "teardown removes all exports" "$(find $nvmet/subsystems $nvmet/ports -mindepth 1 ! -path '*discovery*')" ""
t_note "apply $made ms, no-op $again ms, teardown $gone ms"

# Measure the time in which the ports are open, but lack some exports.
strace -ttt -o /tmp/trace -e trace=symlinkat rapiddisk-apply -q
t_note "$(awk '/subsystems/ { first = first ? first : $1; last = $1; n++ }
	END { printf "%d links in %d ms, with strace", n, (last - first) * 1000 }' /tmp/trace)"

# --- nvmetcli ---

if grep -q '^VERSION_CODENAME=trixie' /etc/os-release; then
	t_case "apply is at least 5 times faster than nvmetcli restore"
	skip "this Debian has no nvmetcli"
else
	# Print all names, links and values of nvmet, except those that differ at each creation.
	tree() {
		(cd $nvmet && find . \( -type d -o -type l \) -printf '%p %l\n' | sort
		find . -type f ! -name revalidate_size -exec grep -H . {} + | sort)
	}
	rapiddisk-apply -q
	tree >/tmp/ours
	nvmetcli ls >/tmp/ls
	t_is "nvmetcli lists all exports on all ports" "$(grep -c 'example:e[0-9]' /tmp/ls)" \
		$((64 + 4 * 64))
	t_is "nvmetcli lists all namespaces with their disks" "$(grep -c 'path=/dev/rd[0-9]*' /tmp/ls)" 256
	t_run "nvmetcli saves the exports" nvmetcli save /tmp/nvmet.json
	apply_times='' restore_times=''
	for _ in $(seq 9); do
		rapiddisk-apply -q --teardown --stage=network
		start=$(ms)
		nvmetcli restore /tmp/nvmet.json
		restore_times="$restore_times $(($(ms) - start))"
		[ -s /tmp/theirs ] || tree >/tmp/theirs
		nvmetcli clear
		start=$(ms)
		rapiddisk-apply -q
		apply_times="$apply_times $(($(ms) - start))"
	done
	t_is "nvmetcli restores the same tree as apply creates" "$(diff /tmp/ours /tmp/theirs | head -5)" ""
	median() {
		printf '%s\n' "$@" | sort -n | sed -n 5p
	}
	# shellcheck disable=SC2086 # words
	ours=$(median $apply_times) theirs=$(median $restore_times)
	t_note "apply$apply_times ms; nvmetcli restore$restore_times ms: by the medians $((theirs * 10 / ours)) tenths"
	t_case "apply is at least 5 times faster than nvmetcli restore"
	if [ "$theirs" -ge $((5 * ours)) ]; then ok; else fail "$theirs ms and $ours ms"; fi
fi
rapiddisk-apply --teardown
