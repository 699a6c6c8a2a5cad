# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tests/vm/root-lib.sh - boot a cached root volume, for host tests; sourced, bash.
#
#	root_config SIZE              print the configuration of a cached root volume
#	make_root STATE OPTION...     create a guest with tests/vm/root-image
#	boot_root STATE OPTION...     boot the guest; run root_report, then the script on stdin
#	said KEY                      print the value of the guest's last line `KEY=value`
#	own_seconds                   print how long rapiddisk-root delayed the boot
#
# boot_root leaves output, errors and console in STATE. It always appends rapiddisk.debug, and
# ro, as most systems boot. The file system is then checked, and systemd remounts it.
# root_append avoids slowness of qemu. If a page held code of the initramfs, qemu is slow with
# each byte of the page that the kernel clears. Such a page took 7 s. A read that fills the cache
# needs many such pages before RCU may continue.

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

# Print the first part of every guest script, which reports the state of the system.
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
	# Without systemd, no program would remount the root file system for writing.
	*" --quick "*) shift && set -- --append="rapiddisk.debug $root_append" "$@" ;;
	esac
	"$here/guest" --state="$root_state" --console="$root_state/console" \
		"$@" "$root_state/script" \
		>"$root_state/output" 2>"$root_state/errors"
	root_status=$?
	echo "--- $root_state: status $root_status"
	grep -i rapiddisk "$root_state/console"
	cat "$root_state/output" "$root_state/errors"
	return "$root_status"
}

said() { # KEY
	sed -n "s/^$1=//p" "$root_state/output" | tail -n 1
}

# Print the time from the first step of rapiddisk-root to the last one, rounded up.
own_seconds() {
	said steps | awk '{ s = $NF - $1; print NF ? (s > int(s) ? int(s) + 1 : s) : 0 }'
}
