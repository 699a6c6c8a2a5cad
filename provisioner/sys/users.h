/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a block device, in words. */
#pragma once

#include "base/vec.h"
#include "sys/kfs.h"

struct users_entry {
	char *device; /* "251:0", or the path that /proc names: "/dev/rd0" */
	char *words;
};

/* The mounts, swap areas and exports of one moment. All zeroes: not read yet. */
struct users {
	VEC(struct users_entry) entries;
	bool loaded;
	bool no_exports; /* the caller's to set: exports do not count */
};

/*
 * users_describe() - Why the block device @name ("rd0", "vda1") is busy: mounted, swap,
 * mapped by device-mapper, exported by nvmet, or one of its partitions is. Reads /proc and
 * configfs once, at the first call. Only mounts of our own mount namespace can be seen.
 *
 * Return: 0 and *ret, the caller's to free, or NULL if none of these is the reason;
 * -errno.
 */
int users_describe(struct users *users, const struct kfs *kfs, const char *name,
		   char **ret);
/*
 * users_list_holders() - What stands on the device @name: of a map its own name ("data"),
 * else the kernel's ("md0"). Return: 0 and a list, which may be empty; -errno.
 */
int users_list_holders(const struct kfs *kfs, const char *name, struct kfs_names *ret);
void users_done(struct users *users);
