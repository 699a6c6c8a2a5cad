/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Describe the use of a block device by its mounts, holders and openers. */
#include "kind/use.h"
#include "base/str.h"
#include "kind/classes.h"
#include "sys/dm.h"
#include "sys/f2fs.h"
#include "sys/sys.h"
#include "sys/zfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

int kind_set_use(const struct kfs *kfs, struct users *users, const char *disk,
		 uint64_t openers, struct obj *obj)
{
	int r;

	obj->holders = openers == DM_OPENERS_UNKNOWN ? 0 : openers;
	if (openers == 0)
		return 0;
	r = kfs_missed(kfs, users_describe(users, kfs, disk, &obj->in_use));
	if (r < 0 || obj->in_use || openers == DM_OPENERS_UNKNOWN)
		return r;
	obj->passing = true;
	return str_format(&obj->in_use, "held open %" PRIu64 " time%s", openers,
			  openers == 1 ? "" : "s");
}

int kind_find_conflict(struct sys *sys, const struct topology *topology,
		       const struct users_query *query, char **ret)
{
	int r = users_find_conflict(&sys->users, &sys->kfs, topology, query, ret);

	if (r == 0 && !*ret)
		r = f2fs_find_use(sys, topology, ret);
	return r < 0 || *ret ? r : zfs_find_use(sys, topology, ret);
}

bool kind_is_leaving(void *data, const char *map, const char **ret_use)
{
	struct kind_leavers *leavers = data;
	const struct obj *have = model_find(leavers->observed, &cache_class, map);

	if (!have || have->owner != OWNER_OURS)
		return false;
	if (have == leavers->self || (have->leaves && !have->in_use))
		return true;
	*ret_use = have->in_use;
	leavers->passing = have->leaves && have->passing;
	return false;
}

bool kind_export_is_leaving(void *data, const char *nqn)
{
	struct kind_leavers *leavers = data;
	const struct obj *have = model_find(leavers->observed, &export_class, nqn);

	if (!have || have->owner != OWNER_OURS || !have->leaves || have->in_use)
		return false;
	leavers->export_leaves = true;
	return true;
}
