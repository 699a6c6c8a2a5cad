#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut, pre-mount: the root volume is mounted through its cache.
#
# Sourced by dracut, so it must not exit. Without systemd, dracut mounts what $root says;
# with it, systemd does, by units that rapiddisk-root changes.

if [ -e /etc/rapiddisk.yaml ] && [ -x /usr/sbin/rapiddisk-root ]; then
	if [ -n "$DRACUT_SYSTEMD" ]; then
		/usr/sbin/rapiddisk-root --units >/dev/null
	else
		rapiddisk_device=$(/usr/sbin/rapiddisk-root)
		# shellcheck disable=SC2034 # dracut's
		[ -z "$rapiddisk_device" ] || root=block:$rapiddisk_device
		unset rapiddisk_device
	fi
fi
