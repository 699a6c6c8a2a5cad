/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/dm_names.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/sys.h"

/* Takes @disk over. */
static int add_entry(struct sys *sys, char *disk, struct dm_entries *all)
{
	struct dm_entry entry = { .disk = disk };
	int r = kfs_read(&sys->kfs, &entry.name, "sys/block/%s/dm/name", disk);

	if (r == 0)
		r = vec_push(&all->list, entry);
	if (r < 0) {
		free(entry.name);
		free(entry.disk);
	}
	/* The map was removed since the directory was read. */
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

int dm_sysfs_list(struct sys *sys, struct dm_entries *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	struct dm_entries all = { 0 };
	int r = kfs_list(&sys->kfs, &disks, "sys/block");

	vec_foreach (disk, &disks.names) {
		if (r == 0 && strncmp(*disk, "dm-", 3) == 0)
			r = add_entry(sys, TAKE_PTR(*disk), &all);
	}
	if (r < 0)
		dm_entries_done(&all);
	else
		*ret = all;
	return r;
}

static bool has_uuid(struct sys *sys, const char *disk, const char *uuid)
{
	_cleanup_free_ char *found = NULL;

	return kfs_read(&sys->kfs, &found, "sys/block/%s/dm/uuid", disk) == 0 &&
	       streq(found, uuid);
}

int dm_sysfs_find(struct sys *sys, const char *name, const char *uuid, char **ret)
{
	_cleanup_(dm_entries_done) struct dm_entries all = { 0 };
	int r = dm_sysfs_list(sys, &all);

	vec_foreach (entry, &all.list) {
		if (!streq(entry->name, name) && !has_uuid(sys, entry->disk, uuid))
			continue;
		*ret = TAKE_PTR(entry->name);
		return 0;
	}
	return r < 0 ? r : -ENOENT;
}
