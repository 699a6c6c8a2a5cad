/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the maps of device-mapper, as sysfs has them. */
#pragma once

#include "base/vec.h"

struct sys;

/* A map by its own name ("data") and by the kernel's ("dm-3"). */
struct dm_entry {
	char *name, *disk;
};

struct dm_entries {
	VEC(struct dm_entry) list;
};

static inline void dm_entries_done(struct dm_entries *entries)
{
	vec_foreach (entry, &entries->list) {
		free(entry->name);
		free(entry->disk);
	}
	vec_done(&entries->list);
}

/* dm_sysfs_list() - List the maps that sysfs has. Return: 0 or -errno. */
int dm_sysfs_list(struct sys *sys, struct dm_entries *ret);

/*
 * dm_sysfs_find() - Return the name of a map in sysfs that has this name or this UUID.
 * Return: 0 and *ret, the caller's to free; -ENOENT: none has; -errno.
 */
int dm_sysfs_find(struct sys *sys, const char *name, const char *uuid, char **ret);
