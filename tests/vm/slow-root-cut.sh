#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# The power goes while fsynced records are written to a cached root volume, CUTS times (50).
# After each cut the kernel replays the journal, and every record that fsync had returned for
# is there. To keep a boot short, the guest has no systemd after its initramfs, but `cut` below
# as its init.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

cuts=${CUTS:-50}
work=$(mktemp -d /var/tmp/root-cut.XXXXXX)
t_atexit "rm -rf $work"
cat >"$work/root.yaml" <<'END'
version: 1
caches:
  - name: root
    source: root
    size: 32MiB
END

# A record is a file of its own, of its number over and over, and a line of one file that
# grows. What it checks first comes from before the cut, so from the disk.
cat >"$work/cut" <<'END'
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
modprobe virtio_console
port=
while [ -z "$port" ]; do
	for name in /sys/class/virtio-ports/*/name; do
		[ "$(cat "$name")" != output ] || port=${name%/name}
	done
done
exec >"/dev/${port##*/}" 2>&1
echo "on $(findmnt -no SOURCE /) $(dmsetup table root | cut -d ' ' -f 3)"
echo "replayed $(dmesg | grep -c 'EXT4-fs (dm-0): recovery complete')"

content() { # NUMBER
	yes "record $1" | head -c 16384
}
mkdir -p /records
cd /records || exit
number=0
while [ -e "$((number + 1))" ] && content $((number + 1)) | cmp -s - "$((number + 1))"; do
	number=$((number + 1))
done
echo "have $number files $(grep -c '^line [0-9]*$' lines) lines"
if grep -qw last /proc/cmdline; then
	mount -o remount,ro / && echo "at rest"
	echo o >/proc/sysrq-trigger
	sleep 60
fi
# One that the cut left behind half written goes.
rm -f "$((number + 1))"
while :; do
	number=$((number + 1))
	content $number >"$number"
	echo "line $number" >>lines
	sync "$number" lines .
	echo "record $number."
	# From the cache, at times: what was just written through.
	dd if="$number" bs=16k iflag=direct status=none | cmp -s - "$number" ||
		echo "bad $number"
done
END
chmod 755 "$work/cut"

# NUMBER: of the last record that the guest has acknowledged, and the check of the boot.
acknowledged=0
state=$work/state
round() { # OPTION...
	"$here/guest" --state="$state" --console="$state/console" --memory=1G --timeout=300 \
		--append="init=/usr/local/sbin/cut" "$@" "$work/cut" \
		>"$state/output" 2>"$state/errors"
	status=$?
	cat "$state/output" "$state/errors" | grep -v '^record'
	lines=$(sed -n 's/^have .* files \([0-9]*\) lines$/\1/p' "$state/output")
	files=$(sed -n 's/^have \([0-9]*\) files.*/\1/p' "$state/output")
}

t_run "the guest is made" make_root "$state" --config="$work/root.yaml" \
	--prepare="cp $work/cut usr/local/sbin/cut"

lost='' replays=0 bad=0
t_case "$cuts power cuts: no acknowledged record is lost"
for ((cut = 1; cut <= cuts; cut++)); do
	aim=$((acknowledged + 3 + RANDOM % 40))
	round --cut="record $aim."
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
t_is "what was written reads the same at once, past the page cache" "$bad" 0

round --append=last
t_case "the last boot has all $acknowledged records"
if [ "${files:-0}" -ge "$acknowledged" ] && [ "${lines:-0}" -ge "$acknowledged" ]; then
	ok
else
	fail "$files files and $lines lines"
fi
t_run "it comes to rest" grep -qx "at rest" "$state/output"
t_run "the file system is whole" e2fsck -fn "$state/image/root.img"
t_note "$((cut - 1)) cuts, $replays journals replayed, $acknowledged records"
