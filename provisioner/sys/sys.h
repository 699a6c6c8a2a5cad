/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine: all ways out of the program. main() builds it once and hands it down. */
#pragma once

#include "base/fault.h"
#include "sys/kfs.h"
#include "sys/users.h"

#include <stdbool.h>
#include <stdint.h>

struct dm_ops;
struct udev_ops;
struct udevdb;

struct sys {
	struct kfs kfs;
	struct fault fault;

	/* kmod_load(), or the fake of a test. NULL: a sysroot, which has no kernel. */
	int (*load_module)(const char *name, struct fault *fault);
	/* kmod_find(), or the fake of a test. NULL: a sysroot. */
	int (*find_module)(const char *name);

	/* hold_open(), or the fake of a test. NULL: a sysroot, whose devices are files. */
	int (*hold)(const struct kfs *kfs, uint64_t number, uint64_t diskseq);

	const struct dm_ops *dm;
	/* NULL: no udev; a block device is found by its path alone. */
	const struct udev_ops *udev;
	struct udevdb *udevdb; /* udev_system's */
	struct users users;    /* loaded once per observation; engine/ forgets them */

	uint64_t deadline_ms; /* on clock_now_ms(): the end of every wait */
	bool initramfs;	      /* the root file system is not mounted yet */
};
