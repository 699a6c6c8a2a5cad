#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 timeout=900
#
# apply-kill - kill rapiddisk-apply, or fail its operation, at each changing operation in turn.
#
# The next run converges, and leaves no disk that the configuration does not list.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml

leave() {
	rapiddisk-apply --teardown
	rm -f $yaml
	rmmod rapiddisk
}
t_atexit leave

# The way from no module to the second state has these operations: load, attach, make read-only,
# resize, preallocate, replace, detach.
first_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks:
		  - {name: rd0, size: 16MiB}
		  - {name: rd1, size: 16MiB}
		  - {name: rd2, size: 16MiB, on_change: replace}
	END
}

second_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks:
		  - {name: rd0, size: 32MiB, read_only: true}
		  - {name: rd2, size: 16MiB, numa_node: 0, on_change: replace}
		  - {name: rd3, size: 8MiB, preallocate: true, read_only: true}
	END
}

# Unload the module, and configure the first state.
begin() {
	rapiddisk-apply --teardown
	[ ! -e /sys/module/rapiddisk ] || rmmod rapiddisk
	rm -rf /run/rapiddisk
	first_state
}

live() {
	lsblk -bdnro NAME,SIZE,RO /dev/rd* | LC_ALL=C sort | tr '\n' ' '
}

# at N FAULT WANTED - run with FAULT at operation N, run again without, and compare with WANTED.
# Return: 1 if the run has fewer than N operations.
at() {
	n=$1 fault=$2 wanted=$3
	if [ "$fault" = kill ]; then
		( rapiddisk-apply --fault="kill:$n" )
		[ $? -eq 137 ] || return 1
	else
		before=$(cat /run/rapiddisk/status.json 2>/dev/null)
		rapiddisk-apply --fault="fail:$n:28" && [ "$before" != "$(cat /run/rapiddisk/status.json)" ] &&
			return 1
	fi
	[ ! -e /run/rapiddisk/status.json ] || jq -e . /run/rapiddisk/status.json >/tmp/report ||
		fail "torn status file after $fault at $n"
	rapiddisk-apply || fail "no convergence after $fault at $n"
	[ "$(live)" = "$wanted" ] || fail "after $fault at $n: $(live)"
	rapiddisk-apply -n --detailed-exitcode || fail "second plan not empty after $fault at $n"
	return 0
}

first_live="rd0 16777216 0 rd1 16777216 0 rd2 16777216 0 "
second_live="rd0 33554432 1 rd2 16777216 0 rd3 8388608 1 "

for fault in kill fail; do
	t_case "$fault at each operation of a first apply, which loads the module"
	n=1
	begin
	while at "$n" "$fault" "$first_live"; do
		n=$((n + 1))
		begin
	done
	if [ "$n" -ge 7 ]; then ok; else fail "only $((n - 1)) operations"; fi
	t_note "$fault: $((n - 1)) operations of a first apply"

	t_case "$fault at each operation of a change"
	n=1
	begin
	rapiddisk-apply && second_state
	while at "$n" "$fault" "$second_live"; do
		n=$((n + 1))
		rapiddisk-apply --teardown
		first_state
		rapiddisk-apply && second_state
	done
	if [ "$n" -ge 9 ]; then ok; else fail "only $((n - 1)) operations"; fi
	t_note "$fault: $((n - 1)) operations of a change"
done
