#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut, pre-pivot: what rapiddisk-root told the systemd of the initramfs is not for the
# one of the system, to which /run goes on.
#
# Sourced by dracut, so it must not exit.

rm -f /run/systemd/system/sysroot.mount.d/50-rapiddisk.conf \
	/run/systemd/system/systemd-fsck-root.service.d/50-rapiddisk.conf
