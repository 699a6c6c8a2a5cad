#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-guest - test tests/vm/guest itself.
#
# Every guest test relies on tests/vm/guest to report a failed script, a dead guest or a complaint
# of the kernel.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"

work=$(mktemp -d /var/tmp/slow-guest.XXXXXX)
t_atexit "rm -rf $work"

# in_guest STATUS SENTENCE OPTION... - run the script on stdin, and check the status of guest
in_guest() {
	local wanted=$1 sentence=$2 status
	shift 2
	cat >"$work/script"
	TMPDIR=$work "$here/guest" --bare "$@" "$work/script" 'two words' end >"$work/output" 2>"$work/errors"
	status=$?
	cat "$work/output" "$work/errors"
	t_is "$sentence" "$status" "$wanted"
}

output_has() {
	grep -qxF -e "$1" "$work/output"
}

mkdir "$work/share"
echo from the host >"$work/share/in"
in_guest 126 "a kernel warning fails a run whose script succeeded" \
	--share="$work/share" --disk=48M --cpus=1 --memory=1G --append=planted=1 <<'END'
#!/bin/sh
echo "arguments: $#, $1"
echo "to stderr" >&2
echo "disk: $(lsblk -bdno SIZE /dev/disk/by-id/virtio-disk1)"
echo "cpus: $(nproc)"
grep -o planted=1 /proc/cmdline
tr a-z A-Z </share/in >/share/out
echo '<4>WARNING: planted by the test' >/dev/kmsg
END
t_run "the script gets its arguments" output_has "arguments: 2, two words"
t_run "stderr is printed too" output_has "to stderr"
t_run "--disk adds a disk of that size" output_has "disk: 50331648"
t_run "--cpus sets the number of CPUs" output_has "cpus: 1"
t_run "--append extends the kernel command line" output_has "planted=1"
t_is "--share shares files in both directions" "$(cat "$work/share/out")" "FROM THE HOST"
t_run "guest prints the complaint" grep -q 'WARNING: planted by the test' "$work/errors"

in_guest 0 "--cut cuts the power" --state="$work/state" --cut="cut here" <<'END'
#!/bin/sh
echo kept >/root/kept
sync
echo lost >/dev/shm/lost
echo cut here
sleep 1000
END
in_guest 7 "guest exits with the script's status, and --state continues" \
	--state="$work/state" --allow='planted by' <<'END'
#!/bin/sh
echo '<4>WARNING: planted by the test' >/dev/kmsg
[ "$(cat /root/kept)" = kept ] && [ ! -e /dev/shm/lost ] && exit 7
END

in_guest 125 "a panic ends guest with status 125" <<'END'
#!/bin/sh
echo before
echo c >/proc/sysrq-trigger
END
t_run "output from before the panic is printed" output_has before
t_run "guest prints the panic" grep -q 'Kernel panic' "$work/errors"

in_guest 124 "--timeout ends guest with status 124" --timeout=3 <<'END'
#!/bin/sh
exit 0
END
t_fails "no guest is left running" pgrep -f "$work/"
