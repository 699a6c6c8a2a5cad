// SPDX-License-Identifier: GPL-2.0-only
/*
 * One cache per source. A write through one cache would leave old data in another cache of
 * the same source.
 *
 * The block layer keeps a cache of a disk and a cache of one of its partitions apart. It
 * does not keep two caches of one device apart, because all device-mapper maps share one
 * claim of a device.
 */
#include <linux/list.h>
#include <linux/mutex.h>

#include "cache_types.h"
#include "claim.h"

/* Protects rc_claims. */
static DEFINE_MUTEX(rc_claims_lock);
static LIST_HEAD(rc_claims);

/*
 * True if two caches may not exist together. Each shows its source from the first sector
 * on. Two tables of one device may have the same source: a table that is loaded replaces
 * the other one, and only one of them gets I/O.
 */
static bool rc_claims_conflict(const struct rc_cache *a, const struct rc_cache *b)
{
	struct dm_table *a_table = a->ti->table, *b_table = b->ti->table;

	if (a_table != b_table && dm_table_get_md(a_table) == dm_table_get_md(b_table))
		return false;
	return a->source->bdev == b->source->bdev;
}

/**
 * rc_claim() - Claim the source for a cache.
 * @cache: the cache, with its source
 *
 * Context: may sleep.
 * Return: 0; -EBUSY if another cache has the source.
 */
int rc_claim(struct rc_cache *cache)
{
	const struct rc_cache *other;
	int err = 0;

	mutex_lock(&rc_claims_lock);
	list_for_each_entry(other, &rc_claims, claim)
		if (rc_claims_conflict(cache, other))
			err = -EBUSY;
	if (!err)
		list_add_tail(&cache->claim, &rc_claims);
	mutex_unlock(&rc_claims_lock);
	return err;
}

/**
 * rc_unclaim() - Undo rc_claim().
 * @cache: the cache; one without a claim is fine
 *
 * Context: may sleep.
 */
void rc_unclaim(struct rc_cache *cache)
{
	mutex_lock(&rc_claims_lock);
	list_del_init(&cache->claim);
	mutex_unlock(&rc_claims_lock);
}
