/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/cache/leave.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"

/*
 * True if the file gives the unused live cache another source that exists: the planner removes
 * the map before it creates others, or blocks the others if the map stays.
 */
static bool is_moving(const struct cache_leavers *leavers, const struct obj *have)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };
	const struct obj *want =
		model_find(leavers->desired, &cache_class, obj_name(have));
	uint64_t source = cache_of(have)->source.number;

	if (!want || have->owner != OWNER_OURS || have->in_use || source == 0 ||
	    (leavers->source && leavers->source != source))
		return false;
	return devices_find(leavers->sys, cache_of(want)->source.text, &found) == 0 &&
	       found.numbers.count == 1 && found.numbers.items[0] != source;
}

bool cache_is_leaving(void *data, const char *map, const char **ret_use)
{
	struct cache_leavers *leavers = data;
	const struct obj *have = model_find(leavers->leavers.observed, &cache_class, map);

	return kind_is_leaving(&leavers->leavers, map, ret_use) ||
	       (have && is_moving(leavers, have));
}
