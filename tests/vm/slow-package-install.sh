#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# slow-package-install - install the Debian packages in a running system, restart, purge, restart.
#
# DKMS builds the modules in the guest. After the purge and a restart, the system is as it was before.
# SUITES selects from bookworm, trixie and sid.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/package-install.XXXXXX)
t_atexit "rm -rf $work"

install_and_purge() { # SUITE
	local state=$work/$1 suite=$1
	t_run "$suite: the packages are built" make_guest "$state" --suite="$suite"

	t_run "$suite: the plain system boots" boot_guest "$state" --timeout=1800 <<-'END'
		facts >/root/before
		started=$(cut -d . -f 1 /proc/uptime)
		install_packages /packages
		say install $?
		say seconds $(($(cut -d . -f 1 /proc/uptime) - started))
		say listening "$(ss -Hltn 'sport = :9118' | awk '{ print $4 }')"
		say service "$(systemctl is-active rapiddisk-apply.service)"
		cp /usr/share/doc/rapiddisk/examples/ramdisks.yaml /etc/rapiddisk.yaml
	END
	t_is "$suite: apt installs the packages" "$(said install)" 0
	t_note "$suite: the installation takes $(said seconds) s"
	t_is "$suite: the socket of the page listens" "$(said listening)" 127.0.0.1:9118
	t_is "$suite: the installation applies nothing" "$(said service)" inactive

	t_run "$suite: the system restarts with the example" boot_guest "$state" <<-'END'
		say service "$(systemctl is-active rapiddisk-apply.service)"
		say disks "$(disks)"
		say plan "$(rapiddisk-apply --dry-run)"
		say health "$(health)"
		rm /etc/rapiddisk.yaml
		purge_packages
		say purge $?
		say after "$(disks)"
	END
	t_is "$suite: the system is running, and no unit failed" "$(said system) $(said failed)" "running "
	t_is "$suite: rapiddisk-apply.service is active" "$(said service)" active
	t_is "$suite: the RAM disks of the example exist" "$(said disks)" "$example_disks"
	t_is "$suite: rapiddisk-apply has nothing to do" "$(said plan)" converged
	t_is "$suite: rapiddisk-statusd answers" "$(said health)" pass
	t_is "$suite: apt purges the packages" "$(said purge)" 0
	t_is "$suite: the RAM disks outlive the packages" "$(said after)" "$example_disks"

	t_run "$suite: the system restarts without the packages" boot_guest "$state" <<-'END'
		facts >/root/after
		say differences "$(differences /root/before /root/after)"
	END
	t_is "$suite: no unit failed then" "$(said failed)" ""
	t_is "$suite: files, units, users, modules and initramfs are as before" "$(said differences)" ""
}

for suite in ${SUITES:-bookworm trixie sid}; do
	install_and_purge "$suite"
done
