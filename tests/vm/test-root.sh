#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# host: needs root
#
# The root volume, named by its UUID, is on the cache from Debian 13's own initramfs on. All
# other ways to name it, and what can go wrong: slow-root-matrix and slow-root-faults.

# shellcheck source=tests/vm/root-lib.sh
. "$(dirname "$0")/root-lib.sh"

work=$(mktemp -d /var/tmp/test-root.XXXXXX)
t_atexit "rm -rf $work"
root_config 64MiB >"$work/root.yaml"

t_run "update-initramfs makes an image" make_root "$work/state" --config="$work/root.yaml"
t_run "it boots" boot_root "$work/state" <<'END'
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
t_is "it was remounted for writing" "$(said options)" rw
t_is "the UUID leads to the cache" "$(said links)" "$(said device)"
t_is "its node is a link, as udev makes it" "$(said node)" ../dm-0
t_is "no cookie of udev's is left" "$(said cookies)" 0
t_is "the service has taken it over, and there is nothing to do" "$(said plan)" 0
t_is "and the image is known to be current" "$(said image)" current
t_is "rapiddisk-root had no trouble" "$(said error)" ""
t_case "reads are answered from the cache"
if [ "$(said hits)" -gt 0 ]; then
	ok
else
	fail "$(said hits) hits"
fi
t_case "the boot is held up by 15 s at most"
if [ -n "$(said steps)" ] && [ "$(own_seconds)" -le 15 ]; then
	ok
else
	fail "$(own_seconds) s"
fi
