/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All ways out of the program, built once by main() and handed down. */
#pragma once

#include "base/fault.h"
#include "sys/dm.h"
#include "sys/kfs.h"
#include "sys/udev.h"

#include <stdbool.h>
#include <stdint.h>

struct sys {
	struct kfs kfs;
	struct fault fault;

	/* kmod_load(), or a test's fake. A sysroot has no kernel to load into: NULL. */
	int (*load_module)(const char *name, struct fault *fault);

	const struct dm_ops *dm;
	/* NULL: no udev; a block device is found by its path alone. */
	const struct udev_ops *udev;
	struct udevdb *udevdb; /* udev_system's */

	uint64_t deadline_ms; /* on clock_now_ms(): the end of all waiting */
	char machine_id[33];  /* once somebody has needed it: see export_resolve() */
	bool initramfs;	      /* the root file system is not mounted yet */
	/* Why the initramfs of this boot has not made what it had to; "": it had not to. */
	char initramfs_error[200];
	const char *next_boot; /* what has to be done for a root cache to start there */
};
