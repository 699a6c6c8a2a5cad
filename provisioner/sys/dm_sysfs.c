/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe device-mapper by sysfs, which needs no privilege. */
#include "base/cleanup.h"
#include "sys/dm_refuse.h"
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

static int sysfs_read(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret)
{
	struct dm_map map = { .openers = DM_OPENERS_UNKNOWN };
	const struct kfs *kfs = &sys->kfs;
	uint64_t suspended = 0;
	int r = kfs_read(kfs, &map.uuid, "sys/block/%s/dm/uuid", entry->disk);

	if (r == 0)
		r = kfs_read_u64(kfs, &map.sectors, "sys/block/%s/size", entry->disk);
	if (r < 0) {
		dm_map_done(&map);
		return r == -ENOENT ? -ENODEV : r;
	}
	/* Without the attribute the map counts as active. */
	(void)kfs_read_u64(kfs, &suspended, "sys/block/%s/dm/suspended", entry->disk);
	map.suspended = suspended != 0;
	*ret = map;
	return 0;
}

const struct dm_ops dm_sysfs = {
	.list = dm_sysfs_list,
	.read = sysfs_read,
	DM_REFUSE_CHANGES,
};
