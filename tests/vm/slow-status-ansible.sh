#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-fleet disk=256M timeout=1500
#
# slow-status-ansible - run the role of examples/fleet/ansible on a real system, with its defaults.
#
# The role applies valid files and enables the units. An invalid file is refused. A file that cannot
# be applied is rolled back, with its RAM disks.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh || exit

yaml=/etc/rapiddisk.yaml

cleanup() {
	systemctl stop rapiddisk-statusd.socket rapiddisk-statusd.service
	systemctl disable rapiddisk-statusd.socket rapiddisk-drift.timer rapiddisk-push.timer \
		rapiddisk-push.path
	rapiddisk-apply --teardown
	rm -f $yaml $yaml.new $yaml.before
}
t_atexit cleanup
cleanup

# play NAME [OPTION]... - run the play with the file NAME, and keep the output in $t_dir/recap
play() {
	file=$1
	shift
	ANSIBLE_NOCOWS=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_LOCAL_TEMP="$t_dir/ansible" \
		ANSIBLE_COLLECTIONS_PATH="$t_dir/collections" \
		ansible-playbook -i localhost, -c local rapiddisk.rapiddisk.site \
		-e hosts_of_play=localhost -e "rapiddisk_config=$t_dir/$file" "$@" >"$t_dir/recap"
	play_status=$?
	cat "$t_dir/recap"
	return $play_status
}

# Print the number of changes of the last play.
changes() {
	sed -n 's/^localhost .*changed=\([0-9]*\) .*/\1/p' "$t_dir/recap"
}

disks() {
	for disk in /sys/block/rd*; do
		[ -e "$disk" ] && echo "${disk##*/} $(($(cat "$disk/size") / 2048))"
	done | xargs
}

# write FILE DISK... - write a configuration with these RAM disks
write() {
	file=$1
	shift
	printf 'version: 1\nramdisks:\n' >"$t_dir/$file"
	printf '  - %s\n' "$@" >>"$t_dir/$file"
}
write good.yaml '{ name: rd1, size: 16MiB }'
write better.yaml '{ name: rd1, size: 24MiB }' '{ name: rd2, size: 8MiB }'
write impossible.yaml '{ name: rd1, size: 24MiB }' '{ name: rd2, size: 8MiB }' \
	'{ name: rd3, size: 16MiB }' '{ name: rd7, size: 1TiB }'
write invalid.yaml '{ name: rd1, size: many }'

t_note "$(ansible-playbook --version | head -n 1)"
t_run "the collection is built" ansible-galaxy collection build /src/examples/fleet/ansible \
	--output-path "$t_dir"
t_run "the collection is installed" ansible-galaxy collection install --offline -p "$t_dir/collections" \
	"$t_dir"/rapiddisk-rapiddisk-*.tar.gz
t_run "--check of a valid file succeeds" play good.yaml --check
t_is "--check creates no RAM disk" "$(disks)" ""
t_fails "a first file that cannot be applied fails the play" play impossible.yaml
t_is "the failed first file is removed" "$(ls $yaml 2>/dev/null)" ""
t_run "the play reports that no previous file existed" \
	grep -q 'no previous configuration existed' "$t_dir/recap"
rapiddisk-apply --teardown
t_run "the play applies a valid file" play good.yaml
t_is "the valid file is in force" "$(cat $yaml)" "$(cat "$t_dir/good.yaml")"
t_is "root and the group of rapiddisk-push read the file" "$(stat -c '%a %U %G' $yaml)" "640 root rapiddisk"
t_run "rapiddisk-push reads the file" setpriv --reuid=rapiddisk --regid=rapiddisk --clear-groups cat $yaml
t_is "the RAM disk of the valid file exists" "$(disks)" "rd1 16"
t_is "the units are enabled" "$(systemctl is-enabled rapiddisk-apply.service \
	rapiddisk-statusd.socket rapiddisk-drift.timer rapiddisk-push.timer rapiddisk-push.path |
	sort -u)" enabled
t_run "the play runs again with the same file" play good.yaml
t_is "the second play changes nothing" "$(changes)" 0
t_run "the play applies a new file" play better.yaml
t_is "the RAM disks of the new file exist" "$(disks)" "rd1 24 rd2 8"
echo "kept" | dd of=/dev/rd2 bs=512 conv=sync oflag=direct

t_fails "an invalid file fails the play" play invalid.yaml
t_is "the previous file stays in force" "$(cat $yaml)" "$(cat "$t_dir/better.yaml")"
t_is "the RAM disks of the previous file stay" "$(disks)" "rd1 24 rd2 8"
t_fails "a file that cannot be applied fails the play" play impossible.yaml
t_is "the previous file is in force again" "$(cat $yaml)" "$(cat "$t_dir/better.yaml")"
t_is "the RAM disks of the failed file are removed" "$(disks)" "rd1 24 rd2 8"
t_is "the data of the previous RAM disk is unchanged" "$(head -c 4 /dev/rd2)" kept
t_is "the last report is of the previous file, and the system is converged" "$(rapiddisk-apply --dry-run --detailed-exitcode \
	>/dev/null; echo $?) $(jq -r .config.sha256 /run/rapiddisk/status.json)" \
	"0 $(sha256sum "$t_dir/better.yaml" | cut -d ' ' -f 1)"
t_run "the play reports the rollback" grep -q 'the previous configuration is in force again' "$t_dir/recap"
