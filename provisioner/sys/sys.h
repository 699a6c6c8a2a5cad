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
	bool initramfs;	      /* the root file system is not mounted yet */
};
