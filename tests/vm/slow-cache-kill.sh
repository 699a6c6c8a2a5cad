#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=trixie memory=2G cpus=2 disk=64M disk=64M timeout=1500
#
# slow-cache-kill - kill rapiddisk-apply, or fail its operation, at each change of a cache in turn.
#
# The next run converges. A mounted cache stays mounted with its data, and no map is left that the
# configuration does not list.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
mnt=/mnt/cached

leave() {
	umount $mnt
	rapiddisk-apply --teardown
	rm -rf $yaml $mnt
	wipefs -qa /dev/vdb /dev/vdc
	rmmod rapiddisk_cache rapiddisk
}
t_atexit leave

mkfs.ext4 -qF -L one /dev/vdb
mkfs.ext4 -qF -L two /dev/vdc
udevadm settle
mkdir -p $mnt

first_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks: [{name: rd0, size: 8MiB}]
		caches:
		  - {name: one, source: LABEL=one, ramdisk: rd0}
		  - {name: two, source: LABEL=two, size: 8MiB}
	END
}

# The cache `one` is mounted, leaves its RAM disk, and changes in all other keys. The cache `two` is
# removed, and its source goes to `three`.
second_state() {
	cat >$yaml <<-END
		version: 1
		ramdisks: []
		caches:
		  - {name: one, source: LABEL=one, size: 4MiB, mode: write-around}
		  - {name: three, source: LABEL=two, size: 4MiB}
	END
}

# The cache `one` is switched off instead of removed, because it is mounted.
third_state() {
	cat >$yaml <<-END
		version: 1
		caches: []
	END
}

mount_one() {
	mount /dev/mapper/one $mnt && echo kept >$mnt/file && sync
}

# Unload the modules, and configure the first state.
begin() {
	umount $mnt 2>/dev/null
	rapiddisk-apply --teardown
	rmmod rapiddisk_cache rapiddisk 2>/dev/null
	rm -rf /run/rapiddisk
	first_state
}

begin_second() {
	begin
	rapiddisk-apply && mount_one && second_state
}

begin_third() {
	begin_second
	rapiddisk-apply && third_state
}

# Print name and target of each map.
live() {
	dmsetup table | grep -v '^No devices' | cut -d ' ' -f 1,4 | LC_ALL=C sort | tr '\n' ' '
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
	if mountpoint -q $mnt; then
		echo 3 >/proc/sys/vm/drop_caches
		[ "$(timeout 20 cat $mnt/file)" = kept ] || fail "no data after $fault at $n"
	fi
	timeout 60 rapiddisk-apply || fail "no convergence after $fault at $n"
	[ "$(live)" = "$wanted" ] || fail "after $fault at $n: $(live)"
	rapiddisk-apply -n --detailed-exitcode || fail "second plan not empty after $fault at $n"
	return 0
}

# each FAULT SENTENCE BEGIN LEAST WANTED - call `at` for every operation of a run, and demand LEAST
each() {
	fault=$1 begin=$3 least=$4 wanted=$5
	t_case "$fault at each operation $2"
	n=1
	"$begin"
	while at "$n" "$fault" "$wanted"; do
		n=$((n + 1))
		"$begin"
	done
	if [ "$n" -ge "$least" ]; then ok; else fail "only $((n - 1)) operations"; fi
	t_note "$fault: $((n - 1)) operations $2"
}

for fault in kill fail; do
	each "$fault" "of a first apply" begin 12 "one: rapiddisk-cache two: rapiddisk-cache "
	each "$fault" "of a change" begin_second 10 "one: rapiddisk-cache three: rapiddisk-cache "
	each "$fault" "of a switch-off" begin_third 5 "one: linear "
done
