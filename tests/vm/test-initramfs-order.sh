#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# test-initramfs-order - check the order of boot scripts beside those of other packages.
#
# initramfs-tools of Debian 12 and 13 sorts the scripts of the project together with scripts that
# name their prerequisites as cryptsetup-initramfs, btrfs-progs and lvm2 do.

# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"

here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
t_atexit "rm -rf $work"

# script PATH PREREQUISITES - write a script of another package
# shellcheck disable=SC2016 # expanded by the script
script() {
	mkdir -p "$work/scripts/${1%/*}"
	printf '#!/bin/sh\ncase $1 in\nprereqs)\n%s\nexit 0 ;;\nesac\n' "$2" >"$work/scripts/$1"
	chmod +x "$work/scripts/$1"
}

# order TREE DIRECTORY - print the names in the order of the boot
order() {
	(
		export CONFDIR=$work
		export verbose=n
		# shellcheck source=/dev/null
		. "$1/usr/share/initramfs-tools/hook-functions"
		cache_run_scripts "$work" "/scripts/$2"
	)
	sed -n 's|^/scripts/[^/]*/\([^ ]*\) .*|\1|p' "$work/scripts/$2/ORDER" | grep -v ORDER | xargs
}

for suite in bookworm trixie; do
	tree=$("$here/scripts/tree" $suite) || exit
	rm -rf "$work/scripts"
	cp -r "$tree/usr/share/initramfs-tools/scripts" "$work/"
	cp -r "$here/initramfs-tools/scripts/." "$work/scripts/"
	# cryptroot runs last in local-top: each other script there is its prerequisite.
	# shellcheck disable=SC2016 # expanded by the script
	script local-top/cryptroot 'for f in "${0%/*}"/*; do [ "$f" = "$0" ] || echo "${f##*/}"; done'
	script local-top/lvm2 'echo mdadm mdrun multipath'
	script local-top/cryptopensc ''
	script local-premount/btrfs ''
	for directory in local-top local-premount; do
		found=$(order "$tree" $directory 2>"$work/errors")
		t_is "$suite: tsort finds no loop in $directory" "$(cat "$work/errors")" ""
		printf '%s: %s\n' $directory "$found" >>"$work/order.$suite"
	done
	t_is "$suite: cryptroot runs last in local-top" \
		"$(sed -n 's/^local-top: .* //p' "$work/order.$suite")" cryptroot
	t_case "$suite: the cache comes after resume, just before the mount"
	if grep -Eq '^local-premount: (.* )?resume (.* )?rapiddisk( |$)' "$work/order.$suite"; then
		ok
	else
		fail "$(cat "$work/order.$suite")"
	fi
done
