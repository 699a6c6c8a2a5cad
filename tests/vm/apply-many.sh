#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=1200
#
# apply-many - create, keep and tear down a thousand RAM disks.
#
# The cost of a run, in system calls and in memory, is measured as the number of disks grows.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml

leave() {
	udevadm settle --timeout=300
	rapiddisk-apply --teardown --timeout=60
	rm -f $yaml
	rmmod rapiddisk
}
t_atexit leave

disks() {
	printf 'version: 1\nramdisks:\n' >$yaml
	seq 0 $(($1 - 1)) | sed 's/.*/  - {name: rd&, size: 1MiB}/' >>$yaml
}

# measure COMMAND... - run COMMAND, and set peak to its peak memory in KiB
measure() {
	maxrss "$@" >/tmp/out 2>/tmp/err
	status=$?
	peak=$(sed -n 's/^maxrss //p' /tmp/err)
	return $status
}

# Print the number of system calls of a run that changes nothing.
noop_calls() {
	strace -f -c -o /tmp/calls rapiddisk-apply || return
	awk '$NF == "total" { print $(NF == 5 ? 3 : 4) }' /tmp/calls
}

live() {
	find /sys/block -name 'rd*' | wc -l
}

for n in 10 100 1000; do
	disks $n
	t_run "$n disks: apply" measure rapiddisk-apply --timeout=60
	t_note "$n disks: apply took $peak KiB at its peak"
	t_is "$n disks: all exist" "$(live)" $n
	if [ $n -eq 1000 ]; then
		t_run "the peak memory of creating 1000 disks is at most 8 MiB" test "$peak" -le 8192
		t_is "/sys/kernel/rapiddisk/devices lists 1000 disks" \
			"$(grep -c ^rd /sys/kernel/rapiddisk/devices)" 1000
	fi
	udevadm settle --timeout=300
	t_run "$n disks: a second apply" measure rapiddisk-apply
	t_is "$n disks: the second apply prints nothing" "$(cat /tmp/out)" ""
	t_note "$n disks: no-op apply took $peak KiB at its peak"
	calls=$(noop_calls)
	eval "calls_$n=$calls"
	t_note "$n disks: no-op apply made $calls system calls"
	[ $n -lt 1000 ] || break
done
t_run "the peak memory of a no-op apply is at most 8 MiB" test "$peak" -le 8192

# From 10 to 100 and from 100 to 1000, each additional disk costs the same number of system calls.
# Excepted are those that grow with the length of the status file and of the list of disks.
# shellcheck disable=SC2154 # set by eval
low=$(((calls_100 - calls_10) * 100 / 90)) high=$(((calls_1000 - calls_100) * 100 / 900))
t_case "each additional disk costs the same number of system calls"
t_note "per disk: $((low / 100)).$((low % 100)) up to 100, $((high / 100)).$((high % 100)) up to 1000"
if [ "$high" -le $((low * 105 / 100)) ]; then ok; else fail "$low, then $high (in 1/100)"; fi

t_run "1000 disks: teardown" measure rapiddisk-apply --teardown --timeout=60
t_note "1000 disks: teardown took $peak KiB at its peak"
t_is "1000 disks: teardown leaves no disk" "$(live)" 0
