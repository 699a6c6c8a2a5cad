/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/f2fs.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"
#include "sys/sys.h"
#include "sys/topology.h"

#define MOUNTED "proc/fs/f2fs"

/* Return the path of a device in a line such as "Disk: 1 (zoned=0): 0x0 - 0xff on /dev/sdb". */
static const char *path_in(const char *line)
{
	static const char disk[] = "Disk:", before[] = " on ";
	const char *path =
		strncmp(line, disk, strlen(disk)) == 0 ? strstr(line, before) : NULL;

	return path ? path + strlen(before) : NULL;
}

static int say(const struct relative *relative, const char *first, char **ret)
{
	_cleanup_free_ char *use = NULL;
	int r = str_format(&use, "a device of the mounted f2fs file system of '%s'",
			   first);

	return r < 0 ? r : topology_say(relative, use, ret);
}

/* @first: the name of the first device of the file system, as sys/block has it. */
static int find_in(const struct sys *sys, const char *first,
		   const struct topology *topology, char **ret)
{
	_cleanup_free_ char *map = NULL;
	char *rest, *line;
	int r = kfs_read(&sys->kfs, &map, MOUNTED "/%s/disk_map", first);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	rest = map;
	while (r == 0 && !*ret && (line = strsep(&rest, "\n"))) {
		const char *path = path_in(line);
		const struct relative *relative;
		uint64_t number;

		if (!path || devices_find_node(&sys->kfs, path, &number) < 0)
			continue;
		relative = topology_find(topology, number);
		if (relative && topology_may_be_claimed(relative))
			r = say(relative, first, ret);
	}
	return r;
}

int f2fs_find_use(const struct sys *sys, const struct topology *topology, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names mounted = { 0 };
	int r = 0;

	*ret = NULL;
	if (kfs_exists(&sys->kfs, MOUNTED))
		r = kfs_missed(&sys->kfs, kfs_list_sorted(&sys->kfs, &mounted, MOUNTED));
	vec_foreach (first, &mounted.names) {
		if (r == 0 && !*ret)
			r = find_in(sys, *first, topology, ret);
	}
	return r;
}
