#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dracut/80rapiddisk/rapiddisk-pre-pivot.sh - delete the unit changes of rapiddisk-root.
#
# The changes are for the systemd of the initramfs only, and the system keeps /run. dracut
# sources this file, so the file must not exit.

rm -f /run/systemd/system/sysroot.mount.d/50-rapiddisk.conf \
	/run/systemd/system/systemd-fsck-root.service.d/50-rapiddisk.conf
