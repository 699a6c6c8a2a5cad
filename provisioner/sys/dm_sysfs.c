/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe device-mapper by sysfs, which needs no privilege. */
#include "base/cleanup.h"
#include "sys/dm_refuse.h"
#include "sys/sys.h"

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

static int sysfs_read_table(struct sys *sys, const struct dm_entry *entry,
			    struct dm_map *map)
{
	(void)sys, (void)entry, (void)map;
	return 0;
}

const struct dm_ops dm_sysfs = {
	.list = dm_sysfs_list,
	.read = sysfs_read,
	.read_table = sysfs_read_table,
	.find = dm_sysfs_find,
	DM_REFUSE_CHANGES,
};
