#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# test-package - boot a system on which the Debian packages are installed, and purge them there.
#
# The packages are built, checked by lintian, and installed in a chroot, where DKMS builds the modules.
# slow-package-install installs them in the running guest. tests/package checks all that needs no boot.

# shellcheck source=tests/vm/package-lib.sh
. "$(dirname "$0")/package-lib.sh"

work=$(mktemp -d /var/tmp/test-package.XXXXXX)
t_atexit "rm -rf $work"
state=$work/state

t_run "the packages are built and installed" make_guest "$state" \
	--prepare="$save_state" --prepare="$install" --prepare="$example" \
	--prepare="cp packages/lintian.log $work/"
t_case "lintian has no error and no warning"
cat "$work/lintian.log"
if [ -e "$work/lintian.log" ] && ! grep -q '^[EW]:' "$work/lintian.log"; then
	ok
else
	fail "$(grep -c '^[EW]:' "$work/lintian.log") tags"
fi

t_run "the guest boots" boot_guest "$state" <<'END'
say service "$(systemctl is-active rapiddisk-apply.service) $(systemctl is-enabled rapiddisk-apply.service)"
say disks "$(disks)"
say modules "$(module rapiddisk) $(module rapiddisk-cache)"
say loaded "$(cat /sys/module/rapiddisk/version) $(dkms status rapiddisk | cut -d , -f 1)"
say plan "$(rapiddisk-apply --dry-run)"
say health "$(health)"

say teardown "$(rapiddisk-apply --teardown >/dev/null; echo $?)"
rm /etc/rapiddisk.yaml
# That takes a minute here. slow-package-install shows that the image is as before.
echo update_initramfs=no >/etc/initramfs-tools/update-initramfs.conf
purge_packages
say purge $?
say units "$(systemctl list-unit-files --plain --no-legend 'rapiddisk-*' | xargs)"
say listening "$(ss -Hltn 'sport = :9118')"
package_state >/root/after
say differences "$(differences /root/before /root/after)"
END
t_is "the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "rapiddisk-apply.service is active and enabled" "$(said service)" "active enabled"
t_is "the RAM disks of the example exist" "$(said disks)" "$example_disks"
t_is "the modules are those of DKMS" "$(said modules)" "updates/dkms/rapiddisk.ko updates/dkms/rapiddisk-cache.ko"
t_is "the loaded module has the version of the packages" "$(said loaded)" "$version rapiddisk/$version"
t_is "rapiddisk-apply has nothing to do" "$(said plan)" converged
t_is "rapiddisk-statusd answers" "$(said health)" pass
t_is "the disks are removed" "$(said teardown)" 0
t_is "apt purges the packages" "$(said purge)" 0
t_is "no file of a unit is left" "$(said units)" ""
t_is "no socket is left" "$(said listening)" ""
t_is "files, users and links are as before" "$(said differences)" ""
