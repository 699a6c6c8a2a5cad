/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Translate between numbers, names and paths of block devices, and read their attributes. */
#include "sys/devices_sysfs.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/numbers.h"

#include <stdio.h>
#include <sys/sysmacros.h>

int devices_name(const struct kfs *kfs, uint64_t number, char **ret)
{
	return kfs_link(kfs, ret, "sys/dev/block/%u:%u", major(number), minor(number));
}

int devices_node(const struct kfs *kfs, uint64_t number, char **ret)
{
	_cleanup_free_ char *name = NULL;
	int r = devices_name(kfs, number, &name);

	if (r < 0)
		return r;
	for (char *c = name; (c = strchr(c, '!'));)
		*c = '/';
	return str_format(ret, "/dev/%s", name);
}

uint64_t devices_diskseq(const struct kfs *kfs, const char *name)
{
	uint64_t value;

	if (kfs_read_u64(kfs, &value, "sys/class/block/%s/diskseq", name) == 0 ||
	    (kfs_exists(kfs, "sys/class/block/%s/partition", name) &&
	     kfs_read_u64(kfs, &value, "sys/class/block/%s/../diskseq", name) == 0))
		return value;
	return 0;
}

int devices_path(const struct kfs *kfs, uint64_t number, char **ret)
{
	_cleanup_free_ char *name = NULL, *map = NULL;
	int r = devices_name(kfs, number, &name);

	if (r < 0)
		return r;
	if (kfs_read(kfs, &map, "sys/class/block/%s/dm/name", name) < 0)
		map = NULL;
	return map ? str_format(ret, "/dev/mapper/%s", map)
		   : str_format(ret, "/dev/%s", name);
}

bool devices_is_read_only(const struct kfs *kfs, uint64_t number)
{
	uint64_t ro;

	return kfs_read_u64(kfs, &ro, "sys/dev/block/%u:%u/ro", major(number),
			    minor(number)) == 0 &&
	       ro != 0;
}

int devices_bytes(const struct kfs *kfs, uint64_t number, uint64_t *ret)
{
	return kfs_read_sectors(kfs, ret, "sys/dev/block/%u:%u/size", major(number),
				minor(number));
}

int devices_sequence(const struct kfs *kfs, uint64_t number, uint64_t *ret)
{
	char text[NUMBERS_TEXT_MAX];
	int r;

	numbers_format(number, text);
	r = kfs_read_u64(kfs, ret, "sys/dev/block/%s/diskseq", text);
	return r == -ENOENT ? kfs_read_u64(kfs, ret, "sys/dev/block/%s/../diskseq", text)
			    : r;
}

int devices_number(const struct kfs *kfs, const char *name, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	int r = kfs_read(kfs, &text, "sys/class/block/%s/dev", name);

	return r < 0 ? r : numbers_parse(text, ret);
}

static int find_map(const struct kfs *kfs, const char *map, uint64_t *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list(kfs, &disks, "sys/block");

	vec_foreach (disk, &disks.names) {
		_cleanup_free_ char *name = NULL;

		if (strncmp(*disk, "dm-", 3) == 0 &&
		    kfs_read(kfs, &name, "sys/block/%s/dm/name", *disk) == 0 &&
		    streq(name, map))
			return devices_number(kfs, *disk, ret);
	}
	return r < 0 ? r : -ENOENT;
}

/* The kernel writes '!' for a '/' in a name. */
static int find_in_sysfs(const struct kfs *kfs, const char *path, uint64_t *ret)
{
	_cleanup_free_ char *name = strdup(path);

	if (!name)
		return -ENOMEM;
	for (char *c = name; (c = strchr(c, '/'));)
		*c = '!';
	return devices_number(kfs, name, ret);
}

int devices_find_node(const struct kfs *kfs, const char *path, uint64_t *ret)
{
	static const char dev[] = "/dev/", mapper[] = "mapper/";
	const char *rest = path + strlen(dev);
	int r;

	if (strncmp(path, dev, strlen(dev)) != 0)
		return -ENOENT;
	r = kfs_device_number(kfs, ret, "%s", path + 1);
	if (r != -ENOENT)
		return r;
	return strncmp(rest, mapper, strlen(mapper)) == 0
		       ? find_map(kfs, rest + strlen(mapper), ret)
		       : find_in_sysfs(kfs, rest, ret);
}

int devices_below(const struct kfs *kfs, const char *name, uint64_t *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names below = { 0 };
	const char *only = NULL;
	int r = kfs_list(kfs, &below, "sys/class/block/%s/slaves", name);

	if (r < 0)
		return r;
	vec_foreach (slave, &below.names) {
		if (below.names.count > 1 &&
		    kfs_exists(kfs, "sys/class/block/%s/rapiddisk", *slave))
			continue;
		if (only)
			return -ENOENT;
		only = *slave;
	}
	return only ? devices_number(kfs, only, ret) : -ENOENT;
}
