/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/zfs.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/sys.h"
#include "sys/topology.h"
#include "sys/udev.h"

#define POOLS "proc/spl/kstat/zfs"

static bool has_holders(const struct kfs *kfs, const char *name)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };

	return kfs_list(kfs, &holders, "sys/class/block/%s/holders", name) == 0 &&
	       holders.names.count > 0;
}

/* Return: 0 and the name of the pool as udev encodes it, or NULL for another content; -errno. */
static int read_label(const struct sys *sys, const struct relative *relative, char **ret)
{
	_cleanup_free_ char *type = NULL;
	int r = sys->udev->get(sys, relative->number, "ID_FS_TYPE", &type);

	*ret = NULL;
	if (r == 0 && streq(type, "zfs_member"))
		r = sys->udev->get(sys, relative->number, "ID_FS_LABEL_ENC", ret);
	return r == -ENOMEM ? r : 0;
}

/* The directory of the pools has files beside the directories. */
static bool is_pool(const struct sys *sys, const char *name, const char *label)
{
	_cleanup_free_ char *encoded = NULL;

	return sys->udev->encode(name, &encoded) == 0 && streq(encoded, label) &&
	       kfs_exists(&sys->kfs, POOLS "/%s/state", name);
}

static int say(const struct relative *relative, const char *pool, char **ret)
{
	_cleanup_free_ char *use = NULL;
	int r = str_format(&use,
			   "a device of the imported ZFS pool '%s', as its label says "
			   "('zpool labelclear' clears the label of a disk that left a "
			   "pool)",
			   pool);

	return r < 0 ? r : topology_say(relative, use, ret);
}

static int find_pool(const struct sys *sys, const struct kfs_names *pools,
		     const struct relative *relative, char **ret)
{
	_cleanup_free_ char *label = NULL;
	int r = has_holders(&sys->kfs, relative->name)
			? 0
			: read_label(sys, relative, &label);

	if (r < 0 || !label)
		return r;
	vec_foreach (pool, &pools->names) {
		if (is_pool(sys, *pool, label))
			return say(relative, *pool, ret);
	}
	return 0;
}

int zfs_find_use(const struct sys *sys, const struct topology *topology, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names pools = { 0 };
	int r = 0;

	*ret = NULL;
	if (sys->udev && kfs_exists(&sys->kfs, POOLS))
		r = kfs_missed(&sys->kfs, kfs_list_sorted(&sys->kfs, &pools, POOLS));
	if (pools.names.count == 0)
		return r;
	vec_foreach (relative, &topology->list) {
		if (r == 0 && !*ret && topology_may_be_claimed(relative))
			r = find_pool(sys, &pools, relative, ret);
	}
	return r;
}
