#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# test-root - boot a cached root volume, named by its UUID, with Debian 13's own initramfs.
#
# slow-root-matrix tests all other names of the root volume, slow-root-faults the faults.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

work=$(mktemp -d /var/tmp/test-root.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"

t_run "update-initramfs makes an image" make_root "$work/state" --config="$work/root.yaml"
t_run "the guest boots" boot_root "$work/state" <<'END'
say hits "$(attribute hits)"
say links "$(readlink -f "/dev/disk/by-uuid/$(findmnt -no UUID /)")"
say device "$(readlink -f /dev/mapper/root)"
say node "$(readlink /dev/mapper/root)"
say cookies "$(dmsetup udevcookies | grep -c 0x)"
rapiddisk-apply -n --detailed-exitcode
say plan $?
say image "$(rapiddisk-apply --status --json | jq -r .initramfs.state)"
END
t_is "the system is running, and no unit failed" "$(said system) $(said failed)" "running "
t_is "/ is on the cache" "$(said root) $(said target)" "/dev/mapper/root rapiddisk-cache"
t_is "systemd remounted / for writing" "$(said options)" rw
t_is "the by-uuid link leads to the cache" "$(said links)" "$(said device)"
t_is "the node of the map is a link of udev" "$(said node)" ../dm-0
t_is "no udev cookie is left" "$(said cookies)" 0
t_is "a plan of the running system has no step" "$(said plan)" 0
t_is "--status shows the image as current" "$(said image)" current
t_is "rapiddisk-root recorded no error" "$(said error)" ""
t_case "the cache answers reads"
if [ "$(said hits)" -gt 0 ]; then
	ok
else
	fail "$(said hits) hits"
fi
t_case "rapiddisk-root delays the boot by 15 s at most"
if [ -n "$(said steps)" ] && [ "$(own_seconds)" -le 15 ]; then
	ok
else
	fail "$(own_seconds) s"
fi
