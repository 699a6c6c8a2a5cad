/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The users of a block device, in words. */
#pragma once

#include "base/vec.h"
#include "sys/kfs.h"

struct users_entry {
	char *device; /* "251:0", or the path in /proc: "/dev/rd0" */
	char *words;
};

/* The mounts, swap areas and exports at one moment. All zeroes: not read yet. */
struct users {
	VEC(struct users_entry) entries;
	bool loaded;
	bool no_exports; /* set by the caller: exports do not count */
};

/*
 * users_describe() - Describe why the block device @name ("rd0", "vda1") is in use: it or
 * one of its partitions is mounted, used as swap, mapped by device-mapper or exported by
 * nvmet. The first call reads /proc and configfs. Mounts of other mount namespaces are not
 * visible.
 *
 * Return: 0 and *ret, the caller's to free, or NULL if no such user was found; -errno.
 */
int users_describe(struct users *users, const struct kfs *kfs, const char *name,
		   char **ret);
/*
 * users_list_holders() - List the devices on @name: a map by its own name ("data"), any
 * other device by the kernel's ("md0"). Return: 0 and a list, which may be empty; -errno.
 */
int users_list_holders(const struct kfs *kfs, const char *name, struct kfs_names *ret);
void users_done(struct users *users);
