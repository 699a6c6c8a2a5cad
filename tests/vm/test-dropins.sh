#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: suite=bookworm
# guest: suite=trixie
#
# test-dropins - apply a configuration of several files, and start the units for it.
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml
dirs='/etc/rapiddisk.d /run/rapiddisk.d /usr/lib/rapiddisk.d'
dir=$(mktemp -d)

leave() {
	for one in $dirs; do
		rm -f "$one"/*.yaml
	done
	rm -rf $yaml /run/rapiddisk.d "$dir"
	systemctl daemon-reload
	systemctl stop rapiddisk-apply
	rapiddisk-apply --teardown
	udevadm settle
	rmmod rapiddisk
}
t_atexit leave
# The packages and make install create the others.
mkdir -p /run/rapiddisk.d

# put FILE LINE... - write a file with these RAM disks
put() {
	file=$1
	shift
	printf 'version: 1\nramdisks:\n' >"$file"
	printf '  - {name: %s}\n' "$@" >>"$file"
}

disks() {
	lsblk -dnbo NAME,SIZE | grep ^rd | sort | xargs
}

# True if the last command of refused() named the file.
names() { # FILE
	grep -qF -e "$1" "$dir/err"
}

# refused SENTENCE TEXT - run with a broken file: exit 3, the file is named, and nothing changes
refused() {
	before=$(disks) modules=$(lsmod | sort)
	rapiddisk-apply >"$dir/out" 2>"$dir/err"
	t_is "$1: the exit status is 3" $? 3
	cat "$dir/out" "$dir/err"
	t_run "$1: the file is named" names "$2"
	t_is "$1: no disk changed" "$(disks)" "$before"
	t_is "$1: no module was loaded" "$(lsmod | sort)" "$modules"
	t_is "$1: the report says so" "$(jq -r .result,.message /run/rapiddisk/status.json | xargs)" \
		"failed the configuration is invalid; nothing was touched"
}

# --- the units --------------------------------------------------------------------------

# Start the unit, and print whether its conditions hold. Starts in a row have a limit.
condition() {
	systemctl reset-failed rapiddisk-apply
	systemctl start rapiddisk-apply
	systemctl show -P ConditionResult rapiddisk-apply
	systemctl stop rapiddisk-apply
}

t_is "without a file, the unit is skipped" "$(condition)" no
t_fails "and loads no module" test -e /sys/module/rapiddisk
for one in $dirs; do
	put "$one/10-one.yaml" 'rd0, size: 4MiB'
	t_is "a drop-in in $one alone starts the unit" "$(condition)" yes
	t_is "and creates its disk" "$(disks)" "rd0 4194304"
	rm "$one/10-one.yaml"
	rapiddisk-apply --teardown
done
ln -s /dev/null /etc/rapiddisk.d/10-one.yaml
put /usr/lib/rapiddisk.d/10-one.yaml 'rd0, size: 4MiB'
systemctl reset-failed rapiddisk-apply
t_run "with a masked file alone, the unit succeeds" systemctl start rapiddisk-apply
t_is "and creates nothing" "$(disks)" ""
systemctl stop rapiddisk-apply
rm /etc/rapiddisk.d/10-one.yaml /usr/lib/rapiddisk.d/10-one.yaml

printf 'version: 1\nstatus: {listen: ["127.0.0.1:9119"]}\n' >/etc/rapiddisk.d/90-status.yaml
systemctl daemon-reload
t_is "the socket listens where a drop-in says" \
	"$(systemctl show -p Listen rapiddisk-statusd.socket | grep -o '127[^ ]*')" 127.0.0.1:9119
rm /etc/rapiddisk.d/90-status.yaml
systemctl daemon-reload

# --- a broken drop-in, before anything exists ---------------------------------------------

rmmod rapiddisk
put $yaml 'rd0, size: 4MiB'
echo 'version: 1 ]' >/etc/rapiddisk.d/20-broken.yaml
refused "a drop-in that is no YAML" /etc/rapiddisk.d/20-broken.yaml:1:
t_fails "the module is not loaded" test -e /sys/module/rapiddisk
rm /etc/rapiddisk.d/20-broken.yaml

# --- the merge ---------------------------------------------------------------------------

put /usr/lib/rapiddisk.d/10-vendor.yaml 'rd1, size: 4MiB'
put /run/rapiddisk.d/20-run.yaml 'rd2, size: 4MiB'
put /etc/rapiddisk.d/30-local.yaml 'rd3, size: 4MiB' 'rd4, size: 4MiB'
t_run "the files are applied" rapiddisk-apply
t_is "the disks of all files exist" "$(disks)" \
	"rd0 4194304 rd1 4194304 rd2 4194304 rd3 4194304 rd4 4194304"
t_run "the plan is empty then" rapiddisk-apply --dry-run --detailed-exitcode
t_is "--cat-config names the files in their order" \
	"$(rapiddisk-apply --cat-config | grep '^# /' | xargs)" \
	"# $yaml # /usr/lib/rapiddisk.d/10-vendor.yaml # /run/rapiddisk.d/20-run.yaml # /etc/rapiddisk.d/30-local.yaml"
t_is "the report has the digest of all files" "$(jq -r .config.sha256 /run/rapiddisk/status.json)" \
	"$(cat $yaml /usr/lib/rapiddisk.d/10-vendor.yaml /run/rapiddisk.d/20-run.yaml \
		/etc/rapiddisk.d/30-local.yaml | sha256sum | cut -d ' ' -f 1)"

put /etc/rapiddisk.d/10-vendor.yaml 'rd1, size: 8MiB'
t_run "a file of that name in /etc is applied" rapiddisk-apply
t_is "instead of that in /usr/lib" "$(disks)" \
	"rd0 4194304 rd1 8388608 rd2 4194304 rd3 4194304 rd4 4194304"
ln -sf /dev/null /etc/rapiddisk.d/10-vendor.yaml
: >/etc/rapiddisk.d/20-run.yaml
t_run "masks are applied" rapiddisk-apply
t_is "the disks of masked files are removed" "$(disks)" \
	"rd0 4194304 rd3 4194304 rd4 4194304"
rm /etc/rapiddisk.d/30-local.yaml
t_run "a file less is applied" rapiddisk-apply
t_is "its disks are removed" "$(disks)" "rd0 4194304"

# --- broken drop-ins beside live disks ------------------------------------------------------

put /etc/rapiddisk.d/40-bad.yaml 'rd5, size: 4MiB, colour: red'
refused "an unknown key" "/etc/rapiddisk.d/40-bad.yaml:3:29: ramdisk 'rd5': unknown key 'colour'"
put /etc/rapiddisk.d/40-bad.yaml 'rd0, size: 8MiB'
refused "an object of two files" \
	"/etc/rapiddisk.d/40-bad.yaml:3:12: ramdisk 'rd0' occurs twice; first at $yaml:3:12"
rm /etc/rapiddisk.d/40-bad.yaml
mkdir /etc/rapiddisk.d/40-bad.yaml
refused "a directory" "/etc/rapiddisk.d/40-bad.yaml: is not a regular file but a directory"
rmdir /etc/rapiddisk.d/40-bad.yaml
ln -s nowhere /etc/rapiddisk.d/40-bad.yaml
refused "a dangling link" "/etc/rapiddisk.d/40-bad.yaml: cannot open the file"
rm /etc/rapiddisk.d/40-bad.yaml
put /etc/rapiddisk.d/40-bad.yaml 'rd5, size: 4MiB'
chmod o+w /etc/rapiddisk.d/40-bad.yaml
refused "a file that everybody can write" "/etc/rapiddisk.d/40-bad.yaml: is writable by everybody"
chmod o-w /etc/rapiddisk.d/40-bad.yaml
chown 65534 /etc/rapiddisk.d/40-bad.yaml
refused "a file of another user" "/etc/rapiddisk.d/40-bad.yaml: belongs to user 65534"
chown 0 /etc/rapiddisk.d/40-bad.yaml
chmod 1777 /run/rapiddisk.d
refused "a directory that everybody can write" "/run/rapiddisk.d: is writable by everybody"
chmod 755 /run/rapiddisk.d
t_run "the corrected files are applied" rapiddisk-apply
t_is "with the disk that was refused" "$(disks)" "rd0 4194304 rd5 4194304"
