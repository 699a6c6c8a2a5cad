// SPDX-License-Identifier: GPL-2.0-only
/* The shrinker: free memory of the cache that has most. */
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "index_types.h"
#include "shrink.h"
#include "slots.h"

/* Pages that the kernel requests at once. Each request costs a grace period. */
#define RC_SHRINK_BATCH 1024

/* Protects rc_caches. Taken before rc_index.lock. */
static DEFINE_SPINLOCK(rc_caches_lock);
static LIST_HEAD(rc_caches);
static struct shrinker *rc_shrinker;

/*
 * Context: RCU read section.
 * Return: the index; NULL if the cache is bypassed, or its memory was promised to a RAM
 * disk.
 */
static struct rc_index *rc_shrinkable(struct rc_cache *cache)
{
	if (!rc_slots_are_shrinkable(cache))
		return NULL;
	return rcu_dereference(cache->index);
}

/* Return: the number of pages that no shrinker frees yet. */
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

/* Return: the index with the most pages, pinned; NULL if no cache has pages. */
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
		WRITE_ONCE(ret->shrunk_at, jiffies);
		rc_index_pin(ret);
		spin_unlock_irq(&ret->lock);
	}
	rcu_read_unlock();
	spin_unlock(&rc_caches_lock);
	return ret;
}

/*
 * Evict up to @nr slots and push them to @list, as far as the moves of one hold of the lock
 * reach. Return: the number of slots; 0 if no slot is VALID.
 */
static unsigned long rc_shrink_evict(struct rc_index *index, u32 *list, unsigned long nr)
{
	u32 moves = RC_HOLD_MOVES, victim;
	unsigned long done;

	lockdep_assert_held(&index->lock);
	for (done = 0; done < nr; done++) {
		victim = rc_slots_unlink_victim(index, RC_STAT_SHRUNK, &moves);
		if (!victim)
			break;
		WRITE_ONCE(index->slot[victim].state, RC_RETIRED);
		rc_push(index, list, victim);
	}
	index->nr_retired += done;
	WRITE_ONCE(index->nr_leaving, index->nr_leaving + done);
	return done;
}

/*
 * Free the pages of some slots of rc_shrink_evict().
 *
 * Context: may sleep; a grace period after the eviction.
 * Return: the number of pages; 0 if @list is empty.
 */
static unsigned long rc_shrink_free(struct rc_index *index, u32 *list)
{
	void *page[RC_PAGES];
	u32 done, slot;

	spin_lock_irq(&index->lock);
	for (done = 0; done < RC_PAGES; done++) {
		slot = rc_pop(index, list);
		if (!slot)
			break;
		/* A slot that was evicted has a page. */
		page[done] = rc_slot_take_page(index, &index->slot[slot]);
		rc_slot_free(index, slot);
	}
	rc_slots_tell(index);
	index->nr_retired -= done;
	WRITE_ONCE(index->nr_leaving, index->nr_leaving - done);
	spin_unlock_irq(&index->lock);
	rc_pages_free(index, page, done);
	return done;
}

/*
 * Free up to @nr pages: first those of free slots, then those of evicted ones.
 *
 * Waits for the grace period, so that the pages are free on return. Otherwise the kernel
 * would repeat the request until the grace period ends, and empty the cache.
 *
 * Context: may sleep, but not for memory. The index is pinned.
 * Return: the number of pages freed.
 */
static unsigned long rc_shrink_index(struct rc_index *index, unsigned long nr)
{
	unsigned long part, done = 0, leaving = 0;
	u32 list = 0;

	do {
		part = rc_slots_free_pages(index, nr - done);
		done += part;
		cond_resched();
	} while (part);
	do {
		spin_lock_irq(&index->lock);
		part = rc_shrink_evict(index, &list, min(nr - done - leaving, RC_BATCH));
		spin_unlock_irq(&index->lock);
		leaving += part;
		cond_resched();
	} while (part);
	if (!leaving)
		return done;
	synchronize_rcu_expedited();
	while (rc_shrink_free(index, &list))
		cond_resched();
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

/**
 * rc_shrink_add() - Let the shrinker free memory of a cache.
 * @cache: the cache
 */
void rc_shrink_add(struct rc_cache *cache)
{
	spin_lock(&rc_caches_lock);
	list_add_tail(&cache->list, &rc_caches);
	spin_unlock(&rc_caches_lock);
}

/**
 * rc_shrink_del() - Undo rc_shrink_add().
 * @cache: the cache; one that was never added is fine
 */
void rc_shrink_del(struct rc_cache *cache)
{
	spin_lock(&rc_caches_lock);
	list_del_init(&cache->list);
	spin_unlock(&rc_caches_lock);
}

/**
 * rc_shrink_init() - Register the shrinker.
 *
 * Return: 0 or -errno.
 */
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

/**
 * rc_shrink_exit() - Unregister the shrinker.
 */
void rc_shrink_exit(void)
{
	rd_shrinker_free(rc_shrinker);
}
