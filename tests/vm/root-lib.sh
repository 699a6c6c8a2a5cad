# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tests/vm/root-lib.sh - sourced by host tests that boot a cached root volume (bash).
#
#	root_config SIZE              the configuration of a cached root volume, printed
#	make_root STATE OPTION...     a guest of tests/vm/root-image
#	boot_root STATE OPTION...     boots it with the script on stdin, after root_report
#	said KEY                      the value of the last line `KEY=value` that it printed
#	own_seconds                   how long rapiddisk-root kept the boot up
#
# boot_root leaves output, errors and console in STATE and always appends rapiddisk.debug
# and ro, as most systems boot: so the file system is checked, and remounted by systemd.
# And root_append: where a page held code of the initramfs, qemu is slow with each byte that
# the kernel clears. Such a page took 7 s, and a read that fills the cache needs many of them
# before RCU may go on.

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/vm/lib.sh
. "$here/lib.sh"
root_state=
root_append=init_on_alloc=0

root_config() { # SIZE
	cat <<-END
		version: 1
		caches:
		  - name: root
		    source: root
		    size: $1
	END
}

make_root() { # STATE OPTION...
	local state=$1
	shift
	"$here/root-image" "$@" "$state"
}

# What every guest says of itself first.
root_report() {
	cat <<-'END'
		#!/bin/sh
		say() { echo "$1=$2"; }
		attribute() { cat "/sys/kernel/rapiddisk_cache/root/$1" 2>/dev/null || echo -; }
		say system "$(systemctl is-system-running --wait)"
		failed=$(systemctl --failed --no-legend --plain | cut -d ' ' -f 1 | xargs)
		say failed "$failed"
		for unit in $failed; do journalctl -b --no-pager -n 20 -u "$unit"; done
		say root "$(findmnt -no SOURCE /)"
		say options "$(findmnt -no OPTIONS / | cut -d , -f 1)"
		say target "$(dmsetup table root 2>/dev/null | cut -d ' ' -f 3)"
		say uptime "$(cut -d . -f 1 /proc/uptime)"
		say error "$(cat /run/rapiddisk/initramfs-error 2>/dev/null)"
		say steps "$(dmesg | sed -n 's/^\[ *\([0-9.]*\)\] rapiddisk-root: .*/\1/p' | xargs)"
	END
}

boot_root() { # STATE OPTION...
	root_state=$1
	shift
	{
		root_report
		cat
	} >"$root_state/script"
	set -- --append="ro rapiddisk.debug $root_append" "$@"
	case " $* " in
	# Nobody would remount it.
	*" --quick "*) shift && set -- --append="rapiddisk.debug $root_append" "$@" ;;
	esac
	"$here/guest" --state="$root_state" --console="$root_state/console" \
		"$@" "$root_state/script" \
		>"$root_state/output" 2>"$root_state/errors"
	root_status=$?
	echo "--- $root_state: status $root_status"
	cat "$root_state/output" "$root_state/errors"
	grep -i rapiddisk "$root_state/console"
	return "$root_status"
}

said() { # KEY
	sed -n "s/^$1=//p" "$root_state/output" | tail -n 1
}

# From its first step to its last, rounded up.
own_seconds() {
	said steps | awk '{ s = $NF - $1; print NF ? (s > int(s) ? int(s) + 1 : s) : 0 }'
}
