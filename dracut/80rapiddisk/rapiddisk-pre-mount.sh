#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut/80rapiddisk/rapiddisk-pre-mount.sh - mount the root volume through its cache.
#
# dracut sources this file, so the file must not exit. Without systemd, dracut mounts the
# device that $root names. With systemd, units mount the device, and rapiddisk-root changes
# these units.

if [ -e /etc/rapiddisk.yaml ] && [ -x /usr/sbin/rapiddisk-root ]; then
	if [ -n "$DRACUT_SYSTEMD" ]; then
		/usr/sbin/rapiddisk-root --units >/dev/null
	else
		rapiddisk_device=$(/usr/sbin/rapiddisk-root)
		# shellcheck disable=SC2034 # read by dracut
		[ -z "$rapiddisk_device" ] || root=block:$rapiddisk_device
		unset rapiddisk_device
	fi
fi
