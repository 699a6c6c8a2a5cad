/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe the maps of a --sysroot, where files hold their tables. */
#include "base/cleanup.h"
#include "sys/devices.h"
#include "sys/dm_refuse.h"
#include "sys/sys.h"

#include <inttypes.h>
#include <stdio.h>

static int tree_read_table(struct sys *sys, const struct dm_entry *entry,
			   struct dm_map *map)
{
	_cleanup_free_ char *table = NULL;
	int at = 0, fields, r;

	r = kfs_read(&sys->kfs, &table, "sys/block/%s/dm/table", entry->disk);
	if (r < 0 || !*table)
		return r == -ENOENT ? 0 : r;
	fields = sscanf(table, "0 %" SCNu64 " %ms %n", &map->sectors, &map->target, &at);
	if (fields != 2 || map->sectors > UINT64_MAX / 512)
		return fields == 1 ? 0 : -EBADMSG;
	map->params = strdup(dm_has_plain_params(map->target) ? table + at : "");
	return map->params ? 0 : -ENOMEM;
}

static int tree_read(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret)
{
	const char *disk = entry->disk;
	uint64_t suspended = 0;
	struct dm_map map = { 0 };
	int r;

	if ((r = kfs_read_u64(&sys->kfs, &map.openers, "sys/block/%s/dm/open_count",
			      disk)) == 0 &&
	    (r = kfs_read_u64(&sys->kfs, &suspended, "sys/block/%s/dm/suspended",
			      disk)) == 0)
		r = kfs_read(&sys->kfs, &map.uuid, "sys/block/%s/dm/uuid", disk);
	map.suspended = suspended != 0;
	map.unfinished = kfs_exists(&sys->kfs, "sys/block/%s/dm/unfinished", disk);
	if (r < 0)
		dm_map_done(&map);
	else
		*ret = map;
	return r;
}

const struct dm_ops dm_tree = {
	.list = dm_sysfs_list,
	.read = tree_read,
	.read_table = tree_read_table,
	.find = dm_sysfs_find,
	DM_REFUSE_CHANGES,
};
