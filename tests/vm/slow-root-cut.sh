#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-root-cut - cut the power while a guest writes records to a cached root volume.
#
# The power is cut CUTS times (50). After each cut the kernel replays the journal, and every record
# whose fsync had returned exists. The guests run no systemd after the initramfs, so that they
# boot quickly.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

cuts=${CUTS:-50}
work=$(mktemp -d /var/tmp/root-cut.XXXXXX)
t_atexit "rm -rf $work"
root_config 32MiB >"$work/root.yaml"

# cut NUMBER [last] - check the records from NUMBER on, then write more; with `last` only check.
# A record is a file that repeats its number, and a line of one file that grows. The check reads
# records from before the cut, which come from the disk.
cat >"$work/cut" <<'END'
#!/bin/sh
echo "on $(findmnt -no SOURCE /) $(dmsetup table root | cut -d ' ' -f 3)"
echo "replayed $(dmesg | grep -c 'EXT4-fs (dm-0): recovery complete')"

content() { # NUMBER
	yes "record $1" | head -c 16384
}
mkdir -p /records
cd /records || exit
number=$1
while [ -e "$((number + 1))" ] && content $((number + 1)) | cmp -s - "$((number + 1))"; do
	number=$((number + 1))
done
echo "have $number files $(grep '^line [0-9]*$' lines | sort -u | wc -l) lines"
if [ -n "$2" ]; then
	cd /
	mount -o remount,ro / && echo "at rest"
	exit
fi
# The cut may have left an incomplete record.
rm -f "$((number + 1))"
while :; do
	number=$((number + 1))
	content $number >"$number"
	echo "line $number" >>lines
	sync "$number" lines .
	echo "record $number."
	# Some of these reads come from the cache, which the write has just passed through.
	dd if="$number" bs=16k iflag=direct status=none | cmp -s - "$number" ||
		echo "bad $number"
done
END

acknowledged=0 # number of the last record whose fsync returned
state=$work/state
round() { # OPTION... SCRIPT NUMBER [last]
	"$here/guest" --state="$state" --console="$state/console" --memory=1G --timeout=300 \
		--quick --append="$root_append" "$@" \
		>"$state/output" 2>"$state/errors"
	status=$?
	cat "$state/output" "$state/errors" | grep -v '^record'
	lines=$(sed -n 's/^have .* files \([0-9]*\) lines$/\1/p' "$state/output")
	files=$(sed -n 's/^have \([0-9]*\) files.*/\1/p' "$state/output")
}

t_run "the guest is created" make_root "$state" --config="$work/root.yaml"

lost='' replays=0 bad=0
t_case "$cuts power cuts: no acknowledged record is lost"
for ((cut = 1; cut <= cuts; cut++)); do
	aim=$((acknowledged + 3 + RANDOM % 40))
	round --cut="record $aim." "$work/cut" \
		$((acknowledged > 100 ? acknowledged - 100 : 0))
	if [ "$status" -ne 0 ]; then
		lost+="cut $cut: status $status; "
		break
	fi
	grep -qx 'on /dev/mapper/root rapiddisk-cache' "$state/output" ||
		lost+="cut $cut: $(grep '^on ' "$state/output"); "
	[ "${files:-0}" -ge "$acknowledged" ] && [ "${lines:-0}" -ge "$acknowledged" ] ||
		lost+="cut $cut: $files files and $lines lines of $acknowledged; "
	bad=$((bad + $(grep -c '^bad' "$state/output")))
	replays=$((replays + $(sed -n 's/^replayed //p' "$state/output")))
	acknowledged=$(sed -n 's/^record \([0-9]*\)\.$/\1/p' "$state/output" | tail -n 1)
done
if [ -z "$lost" ]; then
	ok
else
	fail "$lost"
fi
t_is "a record reads correctly right after the write, past the page cache" "$bad" 0

round "$work/cut" 0 last
t_case "the last boot has all $acknowledged records"
if [ "${files:-0}" -ge "$acknowledged" ] && [ "${lines:-0}" -ge "$acknowledged" ]; then
	ok
else
	fail "$files files and $lines lines"
fi
t_run "the last boot remounts / read-only" grep -qx "at rest" "$state/output"
t_run "e2fsck finds no error" e2fsck -fn "$state/image/root.img"
t_note "$((cut - 1)) cuts, $replays journals replayed, $acknowledged records"
