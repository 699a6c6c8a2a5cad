/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of this boot that a run needs: plain data, besides the machine id. */
#pragma once

#include "sys/kfs.h"

struct boot {
	char machine_id[33]; /* boot_machine_id()'s; "": not read yet */
	/* Why the initramfs of this boot failed to create the root cache; "": it did not. */
	char initramfs_error[200];
	/* The steps after which the next boot starts the root cache; NULL: unknown. */
	const char *next_boot;
};

/*
 * boot_machine_id() - Read /etc/machine-id once; some files have hundreds of exports.
 * Return: 0 and *ret, which @boot owns; -ENOENT; -errno.
 */
int boot_machine_id(struct boot *boot, const struct kfs *kfs, const char **ret);
