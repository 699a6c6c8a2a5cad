/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "sys/devices.h"
#include "sys/dm.h"
#include "sys/sys.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_map(const char *disk)
{
	return strncmp(disk, "dm-", 3) == 0;
}

static int tree_list(struct sys *sys, struct kfs_names *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list(&sys->kfs, &disks, "sys/block");

	*ret = (struct kfs_names){ 0 };
	vec_foreach (disk, &disks.names) {
		char *name = NULL;

		if (!is_map(*disk))
			continue;
		r = kfs_read(&sys->kfs, &name, "sys/block/%s/dm/name", *disk);
		if (r == 0)
			r = vec_push(&ret->names, name);
		if (r < 0) {
			free(name);
			kfs_names_done(ret);
			return r;
		}
	}
	return r;
}

/* Find the disk of a map: "dm-0". */
static int tree_find(struct sys *sys, const char *name, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list(&sys->kfs, &disks, "sys/block");

	if (r < 0)
		return r;
	vec_foreach (disk, &disks.names) {
		_cleanup_free_ char *found = NULL;

		if (is_map(*disk) &&
		    kfs_read(&sys->kfs, &found, "sys/block/%s/dm/name", *disk) == 0 &&
		    streq(found, name)) {
			*ret = TAKE_PTR(*disk);
			return 0;
		}
	}
	return -ENODEV;
}

static int tree_read_table(struct sys *sys, const char *disk, struct dm_map *map)
{
	_cleanup_free_ char *table = NULL;
	int at = 0, r;

	r = kfs_read(&sys->kfs, &table, "sys/block/%s/dm/table", disk);
	if (r < 0 || !*table)
		return r == -ENOENT ? 0 : r;
	if (sscanf(table, "0 %" SCNu64 " %ms %n", &map->sectors, &map->target, &at) != 2)
		return -EBADMSG;
	map->params = strdup(table + at);
	return map->params ? 0 : -ENOMEM;
}

static int tree_read(struct sys *sys, const char *name, struct dm_map *ret)
{
	_cleanup_free_ char *disk = NULL;
	uint64_t suspended = 0;
	struct dm_map map = { 0 };
	int r;

	r = tree_find(sys, name, &disk);
	if (r < 0)
		return r;
	if ((r = kfs_read_u64(&sys->kfs, &map.openers, "sys/block/%s/dm/open_count",
			      disk)) == 0 &&
	    (r = kfs_read_u64(&sys->kfs, &suspended, "sys/block/%s/dm/suspended",
			      disk)) == 0 &&
	    (r = kfs_read(&sys->kfs, &map.uuid, "sys/block/%s/dm/uuid", disk)) == 0 &&
	    (r = devices_number(&sys->kfs, disk, &map.number)) == 0)
		r = tree_read_table(sys, disk, &map);
	map.suspended = suspended != 0;
	if (r < 0)
		dm_map_done(&map);
	else
		*ret = map;
	return r;
}

static int refuse_line(struct sys *sys, const char *name, const struct dm_line *line)
{
	(void)sys, (void)name, (void)line;
	return -EOPNOTSUPP;
}

static int refuse_create(struct sys *sys, const char *name, const char *uuid,
			 const struct dm_line *line)
{
	(void)uuid;
	return refuse_line(sys, name, line);
}

static int refuse_remove(struct sys *sys, const char *name)
{
	return refuse_line(sys, name, NULL);
}

static int refuse_uuid(struct sys *sys, const char *name, const char *uuid)
{
	(void)uuid;
	return refuse_line(sys, name, NULL);
}

static void settle_nothing(struct sys *sys)
{
	(void)sys;
}

static bool is_always_settled(const struct sys *sys)
{
	(void)sys;
	return true;
}

const struct dm_ops dm_tree = {
	.list = tree_list,
	.read = tree_read,
	.create = refuse_create,
	.reload = refuse_line,
	.remove = refuse_remove,
	.set_uuid = refuse_uuid,
	.settle = settle_nothing,
	.is_settled = is_always_settled,
};
