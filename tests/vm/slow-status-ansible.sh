#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest: suite=trixie-fleet disk=256M timeout=1500
#
# The role of examples/fleet/ansible on a real system, with its defaults: good files are
# applied and the units enabled; an invalid one is refused; one that cannot be met is rolled
# back, the RAM disks with it.

# shellcheck source=tests/vm/lib.sh
. /src/tests/vm/lib.sh

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

# NAME [OPTION]... - run the play with that file; what changed is in $t_dir/recap.
play() {
	file=$1
	shift
	ANSIBLE_NOCOWS=1 ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_LOCAL_TEMP="$t_dir/ansible" \
		ANSIBLE_ROLES_PATH=/src/examples/fleet/ansible/roles \
		ansible-playbook -i localhost, -c local /src/examples/fleet/ansible/site.yml \
		-e hosts_of_play=localhost -e "rapiddisk_config=$t_dir/$file" "$@" >"$t_dir/recap"
	play_status=$?
	cat "$t_dir/recap"
	return $play_status
}

changes() {
	sed -n 's/^localhost .*changed=\([0-9]*\) .*/\1/p' "$t_dir/recap"
}

disks() {
	for disk in /sys/block/rd*; do
		[ -e "$disk" ] && echo "${disk##*/} $(($(cat "$disk/size") / 2048))"
	done | xargs
}

# FILE DISK... - a configuration with these RAM disks.
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
t_run "a check of a good file changes nothing" play good.yaml --check
t_is "no RAM disk is made" "$(disks)" ""
t_fails "a first one that cannot be met fails" play impossible.yaml
t_is "it does not stay in force" "$(ls $yaml 2>/dev/null)" ""
t_run "and the play says that there was none before" \
	grep -q 'there was none before' "$t_dir/recap"
rapiddisk-apply --teardown
t_run "a good file is shipped and applied" play good.yaml
t_is "it is in force" "$(cat $yaml)" "$(cat "$t_dir/good.yaml")"
t_is "its RAM disk is there" "$(disks)" "rd1 16"
t_is "the units are enabled" "$(systemctl is-enabled rapiddisk-apply.service \
	rapiddisk-statusd.socket rapiddisk-drift.timer rapiddisk-push.timer rapiddisk-push.path |
	sort -u)" enabled
t_run "the same file again" play good.yaml
t_is "changes nothing" "$(changes)" 0
t_run "a better one takes its place" play better.yaml
t_is "its RAM disks are there" "$(disks)" "rd1 24 rd2 8"
echo "kept" | dd of=/dev/rd2 bs=512 conv=sync oflag=direct

t_fails "an invalid one is refused" play invalid.yaml
t_is "the one of before is in force" "$(cat $yaml)" "$(cat "$t_dir/better.yaml")"
t_is "with its RAM disks" "$(disks)" "rd1 24 rd2 8"
t_fails "one that cannot be met fails" play impossible.yaml
t_is "the one of before is back" "$(cat $yaml)" "$(cat "$t_dir/better.yaml")"
t_is "what could be made of it is gone again" "$(disks)" "rd1 24 rd2 8"
t_is "the data is what it was" "$(head -c 4 /dev/rd2)" kept
t_is "the last report is of the one of before" "$(rapiddisk-apply --dry-run --detailed-exitcode \
	>/dev/null; echo $?) $(jq -r .config.sha256 /run/rapiddisk/status.json)" \
	"0 $(sha256sum "$t_dir/better.yaml" | cut -d ' ' -f 1)"
t_run "the play says why" grep -q 'the one of before is in force again' "$t_dir/recap"
