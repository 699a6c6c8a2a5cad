/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/topology.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"
#include "sys/numbers.h"

#include <stdio.h>

/* Add a relative, unless it is listed. */
static int add(const struct kfs *kfs, struct topology *all, const char *name,
	       enum relation relation)
{
	struct relative relative = { .relation = relation };
	int r = devices_number(kfs, name, &relative.number);

	/* The device disappeared since its name was read. */
	if (r < 0)
		return r == -ENOENT && relation != RELATION_SELF ? 0 : r;
	if (topology_find(all, relative.number))
		return 0;
	relative.name = strdup(name);
	r = relative.name ? vec_push(&all->list, relative) : -ENOMEM;
	if (r < 0)
		free(relative.name);
	return r;
}

static bool is_partition(const struct kfs *kfs, const char *name)
{
	return kfs_exists(kfs, "sys/class/block/%s/partition", name);
}

/* The directory of a partition is in that of its disk. */
static int add_disk(const struct kfs *kfs, struct topology *all, const char *name,
		    enum relation relation)
{
	_cleanup_free_ char *text = NULL, *disk = NULL;
	uint64_t number;
	int r = kfs_read(kfs, &text, "sys/class/block/%s/../dev", name);

	if (r == 0)
		r = numbers_parse(text, &number);
	if (r == 0)
		r = devices_name(kfs, number, &disk);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return disk ? add(kfs, all, disk, relation) : 0;
}

static int add_partitions(const struct kfs *kfs, struct topology *all, const char *name,
			  enum relation relation)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = kfs_list_sorted(kfs, &names, "sys/class/block/%s", name);

	vec_foreach (entry, &names.names) {
		if (r == 0 && strncmp(*entry, name, strlen(name)) == 0 &&
		    is_partition(kfs, *entry))
			r = add(kfs, all, *entry, relation);
	}
	return r;
}

static int add_kin(const struct kfs *kfs, struct topology *all, const char *name,
		   enum relation partition, enum relation disk)
{
	return is_partition(kfs, name) ? add_disk(kfs, all, name, disk)
				       : add_partitions(kfs, all, name, partition);
}

static int add_below(const struct kfs *kfs, struct topology *all, const char *name)
{
	int r = add(kfs, all, name, RELATION_BELOW);

	return r < 0 ? r : add_kin(kfs, all, name, RELATION_BESIDE, RELATION_BESIDE);
}

static int add_slaves(const struct kfs *kfs, struct topology *all, const char *name)
{
	_cleanup_(kfs_names_done) struct kfs_names slaves = { 0 };
	int r = kfs_list_sorted(kfs, &slaves, "sys/class/block/%s/slaves", name);

	vec_foreach (slave, &slaves.names) {
		if (r == 0)
			r = add_below(kfs, all, *slave);
	}
	return r;
}

/* A loop device has no link to the device that is its file. */
static int add_backing(const struct kfs *kfs, struct topology *all, const char *name)
{
	_cleanup_free_ char *path = NULL, *backing = NULL;
	size_t first = all->list.count;
	uint64_t number;
	int r;

	if (kfs_read(kfs, &path, "sys/class/block/%s/loop/backing_file", name) < 0 ||
	    devices_find_node(kfs, path, &number) < 0)
		return 0;
	r = devices_name(kfs, number, &backing);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = add_below(kfs, all, backing);
	for (size_t i = first; i < all->list.count; i++)
		all->list.items[i].unclaimed = true;
	return r;
}

int topology_walk_up(const struct kfs *kfs, const char *name, struct topology *ret)
{
	struct topology all = { 0 };
	int r = add(kfs, &all, name, RELATION_SELF);

	if (r == 0)
		r = add_partitions(kfs, &all, name, RELATION_PARTITION);
	if (r < 0)
		topology_done(&all);
	else
		*ret = all;
	return r;
}

int topology_walk(const struct kfs *kfs, const char *name, struct topology *ret)
{
	struct topology all = { 0 };
	int r = add(kfs, &all, name, RELATION_SELF);

	if (r == 0)
		r = add_kin(kfs, &all, name, RELATION_PARTITION, RELATION_DISK);
	/* The list grows by the devices below: each is listed once, so it ends. */
	for (size_t i = 0; r == 0 && i < all.list.count; i++) {
		r = add_slaves(kfs, &all, all.list.items[i].name);
		if (r == 0)
			r = add_backing(kfs, &all, all.list.items[i].name);
	}
	if (r < 0)
		topology_done(&all);
	else
		*ret = all;
	return r;
}

const struct relative *topology_find(const struct topology *topology, uint64_t number)
{
	vec_foreach (relative, &topology->list) {
		if (relative->number == number)
			return relative;
	}
	return NULL;
}

bool topology_has(const struct topology *topology, const char *name)
{
	vec_foreach (relative, &topology->list) {
		if (streq(relative->name, name))
			return true;
	}
	return false;
}

int topology_say(const struct relative *relative, const char *use, char **ret)
{
	switch (relative->relation) {
	case RELATION_SELF:
		break;
	case RELATION_PARTITION:
		return str_format(ret, "in use: its partition '%s' is %s", relative->name,
				  use);
	case RELATION_DISK:
		return str_format(ret, "in use: its disk '%s' is %s", relative->name,
				  use);
	case RELATION_BELOW:
	case RELATION_BESIDE:
		return str_format(ret, "in use: '%s' below it is %s", relative->name,
				  use);
	}
	return str_format(ret, "%s", use);
}

void topology_done(struct topology *topology)
{
	vec_foreach (relative, &topology->list)
		free(relative->name);
	vec_done(&topology->list);
}
