// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index: transitions between the states of a slot, and the index as a whole. cache_types.h
 * defines the states. The layers below are free slots (slots.c), the hash table (hash.h)
 * and eviction (evict.c).
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "evict.h"
#include "hash.h"
#include "index.h"
#include "slots.h"

/**
 * rc_index_add() - Give a slot that the caller took to a block.
 * @index: the index, locked
 * @nr: the slot
 * @block: number of the block
 * @state: FILLING or WRITING, which lookups find; or BOUNCE, which they do not
 */
void rc_index_add(struct rc_index *index, u32 nr, u64 block, enum rc_state state)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	slot->block = block;
	WRITE_ONCE(slot->state, state);
	if (state != RC_BOUNCE)
		rc_hash_add(index, nr);
}

/**
 * rc_index_publish() - Turn a FILLING or WRITING slot, whose page is complete, VALID.
 * @index: the index, locked
 * @nr: the slot
 */
void rc_index_publish(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	rc_evict_add(index, nr);
	WRITE_ONCE(index->nr_valid, index->nr_valid + 1);
	/*
	 * Pairs with rc_find_valid(): the content of the page is visible before the
	 * state.
	 */
	smp_store_release(&slot->state, RC_VALID);
}

/**
 * rc_index_abort() - Retire a FILLING, WRITING or CANCELLED slot without publishing it.
 * @index: the index, locked
 * @nr: the slot
 */
void rc_index_abort(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	if (index->slot[nr].state != RC_CANCELLED)
		rc_hash_del(index, nr);
	rc_slot_retire(index, nr);
}

/**
 * rc_index_invalidate() - Remove a slot whose block is about to change.
 * @index: the index, locked
 * @nr: a slot that lookups find
 */
void rc_index_invalidate(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	if (slot->state == RC_VALID) {
		rc_slot_unlink(index, nr);
		rc_slot_retire(index, nr);
		return;
	}
	rc_hash_del(index, nr);
	/*
	 * The write is still in flight; until it ends, others must not publish its block.
	 */
	if (slot->state == RC_WRITING)
		++*rc_writers(index, slot->block);
	WRITE_ONCE(slot->state, RC_CANCELLED);
}

/* True if lookups find the slot. */
static bool rc_slot_is_found(const struct rc_slot *slot)
{
	return slot->state == RC_FILLING || slot->state == RC_WRITING ||
	       slot->state == RC_VALID;
}

static void rc_drop_block(struct rc_index *index, u64 block)
{
	u32 nr = rc_hash_find(index, block);

	if (nr)
		rc_index_invalidate(index, nr);
}

static void rc_drop_slot(struct rc_index *index, u32 nr, u64 first, u64 last)
{
	const struct rc_slot *slot = &index->slot[nr];

	if (rc_slot_is_found(slot) && slot->block >= first && slot->block <= last)
		rc_index_invalidate(index, nr);
}

/**
 * rc_index_drop() - Remove the blocks of a range from the index.
 * @index: the index
 * @first: first block
 * @last: last block
 *
 * Looks up each block, or examines each slot, whichever is less work. Releases
 * rc_index.lock on the way: the caller must prevent or tolerate that blocks of the range
 * are added meanwhile.
 *
 * Context: may sleep.
 */
void rc_index_drop(struct rc_index *index, u64 first, u64 last)
{
	bool is_by_slot = last - first >= index->nr_slots;
	u64 nr = is_by_slot ? index->nr_slots : last - first + 1, i, stop;

	for (i = 0; i < nr; i = stop) {
		stop = min(i + RC_BATCH, nr);
		spin_lock_irq(&index->lock);
		for (; i < stop; i++) {
			if (is_by_slot)
				rc_drop_slot(index, i + 1, first, last);
			else
				rc_drop_block(index, first + i);
		}
		spin_unlock_irq(&index->lock);
		cond_resched();
	}
}

/*
 * Empty the eviction queues, so that a shrinker finds nothing to evict. Return: false if a
 * read or write owns a slot.
 */
static bool rc_clear_queues(struct rc_index *index)
{
	bool is_quiet;

	spin_lock_irq(&index->lock);
	is_quiet =
		index->nr_free + index->nr_retired + index->nr_valid == index->nr_slots;
	if (is_quiet) {
		rc_evict_clear(index);
		WRITE_ONCE(index->nr_valid, 0);
	}
	spin_unlock_irq(&index->lock);
	return is_quiet;
}

/* Empty the hash table, which nobody uses. Context: may sleep. */
static void rc_clear_buckets(struct rc_index *index)
{
	size_t nr = (size_t)index->nr_groups << RC_GROUP_SHIFT, i;

	for (i = 0; i < nr; i += RC_CLEAR_BUCKETS) {
		memset(index->bucket + i, 0,
		       min(nr - i, RC_CLEAR_BUCKETS) * sizeof(*index->bucket));
		cond_resched();
	}
}

/* Free all VALID slots, which no reader can access. Context: may sleep. */
static void rc_clear_slots(struct rc_index *index)
{
	u32 nr = index->nr_slots, i;

	while (nr) {
		spin_lock_irq(&index->lock);
		for (i = 0; nr && i < RC_BATCH; i++, nr--)
			if (index->slot[nr].state == RC_VALID)
				rc_slot_free(index, nr);
		spin_unlock_irq(&index->lock);
		cond_resched();
	}
}

/**
 * rc_index_clear() - Drop all content while no I/O is in flight.
 * @index: the index
 *
 * Takes a fraction of the time of rc_index_drop(), because blocks do not leave one by one.
 * The free slots keep their pages: the next reads need them again, and the shrinker frees
 * them first.
 *
 * A shrinker and the end of a grace period may run meanwhile. With empty queues, they only
 * move slots from RETIRED to FREE, and take pages from FREE slots.
 *
 * Context: may sleep. No lookup and no change of the hash table begins until this returns.
 * Return: false, with nothing done, if a read or write owns a slot.
 */
bool rc_index_clear(struct rc_index *index)
{
	/* It retires slots, and only I/O queues it. */
	cancel_work_sync(&index->room_work);
	if (!rc_clear_queues(index))
		return false;
	rc_clear_buckets(index);
	/* The last lookups may still copy from a page. All I/O waits, so be quick. */
	synchronize_rcu_expedited();
	rc_clear_slots(index);
	return true;
}

/**
 * rc_index_give_back() - Free the pages of all free slots.
 * @index: the index
 *
 * Context: may sleep.
 */
void rc_index_give_back(struct rc_index *index)
{
	/*
	 * Slots retired until now wait for the current grace period or for the next one.
	 * Slots that are retired later are not waited for.
	 */
	rc_slots_settle(index);
	rc_slots_settle(index);
	while (rc_slots_free_pages(index, RC_PAGES))
		cond_resched();
}

/**
 * rc_index_is_idle() - Check whether anything is in flight in the index.
 * @index: the index
 *
 * Context: may sleep.
 * Return: true if no read, write or shrinker uses the index.
 */
bool rc_index_is_idle(struct rc_index *index)
{
	bool is_idle;

	/*
	 * The last user has released the lock, too, when its rc_index_unpin() is seen
	 * here.
	 */
	spin_lock_irq(&index->lock);
	is_idle = !index->nr_inflight;
	spin_unlock_irq(&index->lock);
	return is_idle;
}

/*
 * Allocate a zeroed array. kvcalloc() refuses more than INT_MAX bytes, which is the size
 * of the slots for 256 GiB.
 */
static void *rc_array_alloc(size_t nr, size_t size)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_ZERO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	size_t bytes = array_size(nr, size);

	return bytes > INT_MAX ? vmalloc_huge(bytes, gfp) : kvmalloc(bytes, gfp);
}

static void rc_index_init(struct rc_index *index)
{
	u32 nr;

	rc_evict_init(index);
	index->base_reserve = max(index->nr_slots / 64, 1U);
	index->reserve = index->base_reserve;
	for (nr = index->nr_slots; nr; nr--) {
		rc_push(index, &index->free_bare, nr);
		if (!(nr % RC_BATCH))
			cond_resched();
	}
	index->nr_free = index->nr_slots;
	/* 0 may lie in the future: jiffies begin shortly before an overflow. */
	index->shrunk_at = jiffies - RC_PAUSE;
}

/**
 * rc_index_alloc() - Create an empty index.
 * @cache: the cache
 * @nr_slots: number of slots
 *
 * Pages are allocated later, on demand. Does not invoke the OOM killer.
 *
 * Context: may sleep.
 * Return: the index; NULL if out of memory.
 */
struct rc_index *rc_index_alloc(struct rc_cache *cache, u32 nr_slots)
{
	struct rc_index *index;

	/* The attempt would evict everything else from memory before it fails. */
	if ((u64)nr_slots * RC_SLOT_BYTES >> PAGE_SHIFT > max(si_mem_available(), 0L))
		return NULL;
	index = kzalloc(sizeof(*index), GFP_KERNEL);
	if (!index)
		return NULL;
	spin_lock_init(&index->lock);
	INIT_WORK(&index->reclaim_work, rc_slots_reclaim_work);
	INIT_WORK(&index->room_work, rc_slots_room_work);
	index->cache = cache;
	index->ranges = RB_ROOT_CACHED;
	index->nr_slots = nr_slots;
	/* Rounding up in 32 bits would overflow for the largest @nr_slots. */
	index->nr_groups = DIV_ROUND_UP((u64)nr_slots, RC_GROUP_BLOCKS);
	index->nr_ghost_sets = DIV_ROUND_UP((u64)nr_slots, RC_GHOST_WAYS);
	/* Number 0 stands for no slot. */
	index->slot = rc_array_alloc((size_t)nr_slots + 1, sizeof(*index->slot));
	index->bucket = rc_array_alloc((size_t)index->nr_groups << RC_GROUP_SHIFT,
				       sizeof(*index->bucket));
	index->ghost = rc_array_alloc((size_t)index->nr_ghost_sets * RC_GHOST_WAYS,
				      sizeof(*index->ghost));
	if (!index->slot || !index->bucket || !index->ghost) {
		rc_index_free(index);
		return NULL;
	}
	rc_index_init(index);
	return index;
}

/**
 * rc_index_free() - Free an index with all pages.
 * @index: an idle index without other users; NULL and half-built ones are fine
 *
 * Context: may sleep.
 */
void rc_index_free(struct rc_index *index)
{
	void *page;
	u32 nr;

	if (!index)
		return;
	/* It retires slots. */
	cancel_work_sync(&index->room_work);
	while (rc_slots_are_reclaiming(index))
		rc_slots_settle(index);
	for (nr = 1; index->nr_pages && nr <= index->nr_slots; nr++) {
		page = rc_slot_take_page(index, &index->slot[nr]);
		rc_pages_free(index, &page, !!page);
		if (!(nr % RC_BATCH)) {
			rc_slots_tell(index);
			cond_resched();
		}
	}
	rc_slots_tell(index);
	kvfree(index->slot);
	kvfree(index->bucket);
	kvfree(index->ghost);
	kfree(index);
}
