# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# tests/vm/lib.sh - count and print the checks of a test script; sourced, POSIX sh.
#
#	. /src/tests/vm/lib.sh            in a guest test
#	. "$(dirname "$0")/lib.sh"        in a host test
#
# A script makes named checks. Each check prints one line for tests/vm/run to count:
# `ok SCRIPT: SENTENCE` or `not ok SCRIPT: SENTENCE: WHY`. All other output of the script and its
# commands goes to a log. A check that fails shows the log since the previous check. In a guest,
# a last check asserts that the kernel did not complain. On the debug kernel, one more check
# asserts that the project's modules leaked no memory.
#
#	t_case SENTENCE               start a check, which one of the next three ends:
#	ok | fail WHY | skip WHY      print the result of the check
#	t_run SENTENCE COMMAND...     check that COMMAND succeeds
#	t_fails SENTENCE COMMAND...   check that COMMAND fails, is found, and is not killed
#	t_is SENTENCE GOT WANTED      check that two strings are equal
#	t_note TEXT...                print a line for the reader, such as a figure
#	t_detach N [COMMAND...]       detach RAM disk N, by COMMAND instead of mgmt, once udevd lets go
#	t_atexit COMMAND              run COMMAND when the script ends, the last one first
#
# allow=REGEX in the header of a test names the complaints that the test provokes (see run).

t_name=${T_NAME:-$(basename "$0" .sh)}
t_dir=$(mktemp -d)
t_log=$t_dir/log
t_sentence=''
t_failed=0
t_shown=0
t_cleanups=''
T_ALLOW=${T_ALLOW:-}

exec 3>&1 >"$t_log" 2>&1

t_marker="test $t_name ($$) starts"
if [ -d /run/guest ]; then
	echo "<6>$t_marker" >/dev/kmsg
fi
t_marks=0

# Mark the kernel log for t_said. The log is not cleared, because the check at the end reads all
# of the log.
t_listen() {
	t_marks=$((t_marks + 1))
	echo "<6>$t_marker: mark $t_marks." >/dev/kmsg
}

# Print the kernel log since the last t_listen.
t_said() {
	dmesg | sed "1,\|$t_marker: mark ${t_marks}[.]|d"
}

t_note() {
	echo "# $*" >&3
}

t_result() {
	echo "$1 $t_name: $t_sentence${2:+: $2}" >&3
	t_sentence=''
	t_shown=$(wc -l <"$t_log")
}

t_case() {
	[ -z "$t_sentence" ] || fail "the script continued without a result"
	t_sentence=$1
}

ok() {
	t_result ok
}

fail() {
	t_failed=$((t_failed + 1))
	tail -n "+$((t_shown + 1))" "$t_log" | tail -n 40 | sed 's/^/# | /' >&3
	t_result "not ok" "$(printf %s "${1:-failed}" | tr "\n" " ")"
}

# End the check without a result. A skipped check counts neither as passed nor as failed.
skip() {
	echo "skip $t_name: $t_sentence: $1" >&3
	t_sentence=''
}

t_run() {
	t_case "$1"
	shift
	if "$@"; then
		ok
	else
		fail "status $? of $*"
	fi
}

t_fails() {
	t_case "$1"
	shift
	"$@"
	t_status=$?
	if [ "$t_status" -eq 0 ] || [ "$t_status" -ge 126 ]; then
		fail "status $t_status of $*"
	else
		ok
	fi
}

t_is() {
	t_case "$1"
	if [ "$2" = "$3" ]; then
		ok
	else
		fail "'$2', not '$3'"
	fi
}

# udevd opens a disk each time that a writer closes the disk, and an open disk is not detached.
# `udevadm settle` misses a close that udevd has not yet noticed, so try again for a few seconds.
t_detach() { # N [COMMAND...]
	t_disk=$1
	shift
	[ $# -gt 0 ] || set -- sh -c "echo rapiddisk detach $t_disk >/sys/kernel/rapiddisk/mgmt"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		udevadm settle
		"$@"
		[ -e "/sys/block/rd$t_disk" ] || return 0
		sleep 0.3
	done
	return 1
}

t_atexit() {
	t_cleanups="$1
$t_cleanups"
}

# Print the leaks that kmemleak finds with a module of the project in the call chain. The functions
# of an unloaded module have no names, so a raw address counts too. kmemleak reports an object only
# if it is older than 5 s and unchanged since the previous scan.
t_leaks() { # KMEMLEAK-FILE
	echo scan >"$1"
	sleep 6
	echo scan >"$1"
	awk -v RS='unreferenced object' '/rapiddisk|\] 0xffffffff/ { print RS $0 }' "$1"
	echo clear >"$1"
}

t_end() {
	t_status=$?
	trap - EXIT
	set +eu
	[ -z "$t_sentence" ] || fail "the script ended here with status $t_status"
	eval "$t_cleanups"
	if [ -d /run/guest ]; then
		t_case "the kernel does not complain"
		# If the marker has already been overwritten, all of the log is newer than the
		# marker.
		dmesg >"$t_dir/said"
		! grep -qF "$t_marker" "$t_dir/said" || sed -i "1,\|$t_marker|d" "$t_dir/said"
		grep -E -f /src/tests/vm/complaints "$t_dir/said" >"$t_dir/dmesg"
		if [ -n "$T_ALLOW" ]; then
			grep -vE "$T_ALLOW" "$t_dir/dmesg" >"$t_dir/left"
			mv "$t_dir/left" "$t_dir/dmesg"
		fi
		if [ -s "$t_dir/dmesg" ]; then
			cat "$t_dir/dmesg"
			fail "$(wc -l <"$t_dir/dmesg") lines"
		else
			ok
		fi
		if [ -w /sys/kernel/debug/kmemleak ]; then
			t_leaks /sys/kernel/debug/kmemleak >"$t_dir/leaks"
			t_case "kmemleak finds no leak in the project's modules"
			if [ -s "$t_dir/leaks" ]; then
				cat "$t_dir/leaks"
				fail "$(grep -c '^unreferenced' "$t_dir/leaks") objects"
			else
				ok
			fi
		fi
	fi
	rm -rf "$t_dir"
	echo "# end $t_name" >&3
	[ "$t_failed" -eq 0 ] && [ "$t_status" -eq 0 ]
	exit $?
}
trap t_end EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
