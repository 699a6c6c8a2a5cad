/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of RAM disks in the table of kinds. */
#include "kind/ramdisk/ramdisk.h"

const struct kind kind_ramdisk = {
	.class = &ramdisk_class,
	.modules = (const char *const[]){ "rapiddisk", NULL },
	.state = {
		.observe = ramdisk_observe,
	},
	.acts = {
		.create = ramdisk_create,
		.update = ramdisk_update,
		.remove = ramdisk_remove,
		.adopt = ramdisk_adopt,
		.progress = ramdisk_progress,
	},
	.policy = {
		.judge = ramdisk_judge,
		.may_lose = ramdisk_may_lose,
		.memory = ramdisk_memory,
	},
};
