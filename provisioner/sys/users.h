/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The users of a block device, in words. */
#pragma once

#include "sys/users_load.h"

#include <stdbool.h>

struct topology;

/*
 * users_describe() - Describe why the block device @name ("rd0", "dm-3") is in use: it or
 * one of its partitions is mounted, used as swap, exported, or mapped by another device.
 *
 * Return: 0 and *ret, the caller's to free, or NULL if no user was found; -errno.
 */
int users_describe(struct users *users, const struct kfs *kfs, const char *name,
		   char **ret);

struct users_query {
	bool may_be_exported; /* an export of the device itself is no conflict */
	/*
	 * Return true if the map @map ("data") goes before the device is used; otherwise
	 * *ret_use may be set to a use of the map. May be NULL.
	 */
	bool (*ignores)(void *data, const char *map, const char **ret_use);
	/* Return true if the export @nqn goes before the device is used. May be NULL. */
	bool (*ignores_export)(void *data, const char *nqn);
	void *data;
};

/*
 * users_find_conflict() - Describe why the device that @topology is about cannot be claimed,
 * or not without harm. A claim of a disk excludes a claim of its partitions, and the other
 * way round (bd_may_claim()). A device below must not be exported, nor be the source of a
 * cache that is not below the device itself: the content of the cache would become stale.
 * A loop device claims nothing, so the device that is its file must have no other user.
 *
 * No entry exists for a claim of which the kernel tells nobody, such as that of ZFS (sys/zfs.h).
 * Return: as users_describe().
 */
int users_find_conflict(struct users *users, const struct kfs *kfs,
			const struct topology *topology, const struct users_query *query,
			char **ret);

/*
 * users_list_holders() - List the devices on @name: a map by its own name ("data"), any
 * other device by the kernel's ("md0"). Return: 0 and a list, which may be empty; -errno.
 */
int users_list_holders(const struct kfs *kfs, const char *name, struct kfs_names *ret);
