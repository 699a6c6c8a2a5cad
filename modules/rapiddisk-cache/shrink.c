// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shrinker: the kernel takes memory back from the cache that has most.
 */
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "index.h"
#include "rapiddisk/rapiddisk.h"
#include "shrink.h"

/*
 * Pages that are asked for at once: each time costs a grace period.
 */
#define RC_SHRINK_BATCH 1024

static DEFINE_SPINLOCK(rc_caches_lock);
static LIST_HEAD(rc_caches);
static struct shrinker *rc_shrinker;

/* Context: RCU read section. Return: the index whose memory the kernel may have back. */
static struct rc_index *rc_shrinkable(struct rc_cache *cache)
{
	if (cache->loan && !rapiddisk_loan_is_shrinkable(cache->loan))
		return NULL;
	return rcu_dereference(cache->index);
}

/* Pages that are there and not on their way out. */
static unsigned long rc_nr_shrinkable(const struct rc_index *index)
{
	u32 nr_leaving = READ_ONCE(index->nr_leaving),
	    nr_pages = READ_ONCE(index->nr_pages);

	return nr_pages - min(nr_pages, nr_leaving);
}

static unsigned long rc_shrink_count(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct rc_cache *cache;
	unsigned long nr = 0;

	spin_lock(&rc_caches_lock);
	rcu_read_lock();
	list_for_each_entry(cache, &rc_caches, list) {
		const struct rc_index *index = rc_shrinkable(cache);

		if (index)
			nr += rc_nr_shrinkable(index);
	}
	rcu_read_unlock();
	spin_unlock(&rc_caches_lock);
	return nr ? nr : SHRINK_EMPTY;
}

/* Return: the index that has most, pinned; NULL where none has any. */
static struct rc_index *rc_shrink_pick(void)
{
	struct rc_index *index, *ret = NULL;
	struct rc_cache *cache;
	unsigned long most = 0;

	spin_lock(&rc_caches_lock);
	rcu_read_lock();
	list_for_each_entry(cache, &rc_caches, list) {
		index = rc_shrinkable(cache);
		if (!index || rc_nr_shrinkable(index) <= most)
			continue;
		most = rc_nr_shrinkable(index);
		ret = index;
	}
	if (ret) {
		spin_lock_irq(&ret->lock);
		rc_index_pin(ret);
		spin_unlock_irq(&ret->lock);
	}
	rcu_read_unlock();
	spin_unlock(&rc_caches_lock);
	return ret;
}

/* Evict up to @nr slots and push them to @list. Return: how many. */
static unsigned long rc_shrink_evict(struct rc_index *index, u32 *list, unsigned long nr)
{
	unsigned long done;
	u32 victim;

	lockdep_assert_held(&index->lock);
	for (done = 0; done < nr; done++) {
		victim = rc_slots_unlink_victim(index, RC_STAT_SHRUNK);
		if (!victim)
			break;
		WRITE_ONCE(index->slot[victim].state, RC_RETIRED);
		rc_push(index, list, victim);
	}
	index->nr_retired += done;
	WRITE_ONCE(index->nr_leaving, index->nr_leaving + done);
	return done;
}

/* What rc_shrink_evict() pushed to @list, after a grace period: up to @nr pages go. */
static unsigned long rc_shrink_free(struct rc_index *index, u32 *list, unsigned long nr)
{
	unsigned long done;
	u32 slot;

	lockdep_assert_held(&index->lock);
	for (done = 0; done < nr; done++) {
		slot = rc_pop(index, list);
		if (!slot)
			break;
		rc_slot_free_page(index, &index->slot[slot]);
		rc_slot_free(index, slot);
	}
	index->nr_retired -= done;
	WRITE_ONCE(index->nr_leaving, index->nr_leaving - done);
	return done;
}

/*
 * rc_shrink_index() - Give memory back: the pages of free slots, then evicted ones.
 *
 * These are free when it returns, and not only after a grace period some time later: the
 * kernel would ask again and again until then, and get all of the cache.
 *
 * Context: may sleep, but not for memory. The index is pinned. Return: pages.
 */
static unsigned long rc_shrink_index(struct rc_index *index, unsigned long nr)
{
	unsigned long part, done = 0, leaving = 0;
	u32 list = 0;

	do {
		spin_lock_irq(&index->lock);
		part = rc_slots_free_pages(index, min(nr - done, RC_BATCH));
		spin_unlock_irq(&index->lock);
		done += part;
	} while (part);
	do {
		spin_lock_irq(&index->lock);
		part = rc_shrink_evict(index, &list, min(nr - done - leaving, RC_BATCH));
		spin_unlock_irq(&index->lock);
		leaving += part;
	} while (part);
	if (!leaving)
		return done;
	synchronize_rcu_expedited();
	do {
		spin_lock_irq(&index->lock);
		part = rc_shrink_free(index, &list, RC_BATCH);
		spin_unlock_irq(&index->lock);
	} while (part);
	return done + leaving;
}

static unsigned long rc_shrink_scan(struct shrinker *shrinker, struct shrink_control *sc)
{
	struct rc_index *index = rc_shrink_pick();
	unsigned long done;

	if (!index)
		return SHRINK_STOP;
	done = rc_shrink_index(index, sc->nr_to_scan);
	spin_lock_irq(&index->lock);
	rc_index_unpin(index);
	spin_unlock_irq(&index->lock);
	rd_account_reclaimed(done);
	return done ? done : SHRINK_STOP;
}

void rc_shrink_add(struct rc_cache *cache)
{
	spin_lock(&rc_caches_lock);
	list_add_tail(&cache->list, &rc_caches);
	spin_unlock(&rc_caches_lock);
}

void rc_shrink_del(struct rc_cache *cache)
{
	spin_lock(&rc_caches_lock);
	list_del_init(&cache->list);
	spin_unlock(&rc_caches_lock);
}

int rc_shrink_init(void)
{
	int err;

	rc_shrinker = rd_shrinker_alloc("rapiddisk-cache");
	if (!rc_shrinker)
		return -ENOMEM;
	rc_shrinker->count_objects = rc_shrink_count;
	rc_shrinker->scan_objects = rc_shrink_scan;
	rc_shrinker->batch = RC_SHRINK_BATCH;
	err = rd_shrinker_register(rc_shrinker, "rapiddisk-cache");
	if (err)
		kfree(rc_shrinker);
	return err;
}

void rc_shrink_exit(void)
{
	rd_shrinker_free(rc_shrinker);
}
