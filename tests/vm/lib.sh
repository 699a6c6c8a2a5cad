# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# tests/vm/lib.sh - sourced by the test scripts in tests/vm; POSIX sh.
#
#	. /src/tests/vm/lib.sh            in a guest test
#	. "$(dirname "$0")/lib.sh"        in a host test
#
# A script makes named checks; each prints one line, `ok SCRIPT: SENTENCE` or
# `not ok SCRIPT: SENTENCE: WHY`, for tests/vm/run to count. Everything else that the script
# and its commands print goes to a log: a check that fails shows what came since the check
# before. In a guest, a last check of its own is that the kernel did not complain; on the
# debug kernel another that our modules leaked nothing.
#
#	t_case SENTENCE               starts a check; then one of
#	ok | fail WHY | skip WHY      its result
#	t_run SENTENCE COMMAND...     COMMAND succeeds
#	t_fails SENTENCE COMMAND...   COMMAND fails (but was found, and not killed)
#	t_is SENTENCE GOT WANTED      two strings are the same
#	t_note TEXT...                a line for the reader, such as a figure
#	t_atexit COMMAND              done when the script ends, last one first
#
# Complaints that a test provokes are named by allow=REGEX in its header (see run).

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

# What the kernel says from here on is what t_said shows. Not by clearing its log, which the
# check at the end reads.
t_listen() {
	t_marks=$((t_marks + 1))
	echo "<6>$t_marker: mark $t_marks." >/dev/kmsg
}

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
	[ -z "$t_sentence" ] || fail "the script went on without its result"
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

# A skipped check is no passed one: it says so and counts as neither.
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

t_atexit() {
	t_cleanups="$1
$t_cleanups"
}

# What kmemleak found, where one of our modules was in the call chain, or one that is not
# loaded any more: its functions have no names then. It names what is older than 5 s, and has
# not changed since the scan before.
t_leaks() {
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
		# Where so much was said that the beginning is gone, all of it is since.
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
			t_case "kmemleak finds no leak of ours"
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
