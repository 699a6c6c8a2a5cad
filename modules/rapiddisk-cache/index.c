// SPDX-License-Identifier: GPL-2.0-only
/*
 * The index: how the state of a slot changes, and the whole of it. What the states mean and
 * who may do what is in cache.h. Below: where slots come from (slots.c), the table of slots
 * by block (hash.c), and which one to evict (evict.c).
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "index.h"

/* Let a slot be found in the state FILLING or WRITING, or keep it in BOUNCE. */
void rc_index_add(struct rc_index *index, u32 nr, u64 block, enum rc_state state)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	slot->block = block;
	WRITE_ONCE(slot->state, state);
	if (state != RC_BOUNCE)
		rc_hash_add(index, nr);
}

/* A FILLING or WRITING slot has its content. */
void rc_index_publish(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	rc_evict_add(index, nr);
	WRITE_ONCE(index->nr_valid, index->nr_valid + 1);
	/* After all that is in the page. */
	smp_store_release(&slot->state, RC_VALID);
}

/* A FILLING, WRITING or CANCELLED slot has no content, and its owner is done with it. */
void rc_index_abort(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	if (index->slot[nr].state != RC_CANCELLED)
		rc_hash_del(index, nr);
	rc_slot_retire(index, nr);
}

/*
 * The block of a slot that can be found is about to change: nobody may find it any more.
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
	/* The write goes on, and its end must still keep others from publishing. */
	if (slot->state == RC_WRITING)
		++*rc_writers(index, slot->block);
	WRITE_ONCE(slot->state, RC_CANCELLED);
}

/* --- the whole of it --------------------------------------------------------------- */

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

/*
 * rc_index_drop() - Forget the blocks from @first to @last: by looking for each of them,
 * or at every slot, whatever is less.
 *
 * What begins meanwhile in that range is the caller's matter.
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

/* The memory of all that is not in use goes. Context: may sleep. */
void rc_index_give_back(struct rc_index *index)
{
	unsigned long done;

	/* Twice, for what was retired until now, and not for what comes meanwhile. */
	rc_slots_settle(index);
	rc_slots_settle(index);
	do {
		spin_lock_irq(&index->lock);
		done = rc_slots_free_pages(index, RC_BATCH);
		spin_unlock_irq(&index->lock);
		cond_resched();
	} while (done);
}

/* Has every read and write ended that had to do with this index? */
bool rc_index_is_idle(struct rc_index *index)
{
	bool is_idle;

	/* Under the lock, so that whoever ended last is done with it when we see it. */
	spin_lock_irq(&index->lock);
	is_idle = !index->nr_inflight;
	spin_unlock_irq(&index->lock);
	return is_idle;
}

/* An array of zeroes. kvcalloc() has no more than INT_MAX: the slots of 256 GiB. */
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
}

/*
 * rc_index_alloc() - An empty index; its pages come when they are needed.
 *
 * Context: may sleep. Return: NULL where there is no memory; the OOM killer is not
 * called.
 */
struct rc_index *rc_index_alloc(struct rc_cache *cache, u32 nr_slots)
{
	struct rc_index *index = kzalloc(sizeof(*index), GFP_KERNEL);

	if (!index)
		return NULL;
	spin_lock_init(&index->lock);
	INIT_WORK(&index->reclaim_work, rc_slots_reclaim_work);
	index->cache = cache;
	index->nr_slots = nr_slots;
	/* In 64 bits: so many slots that rounding up overflows can be asked for. */
	index->nr_groups = DIV_ROUND_UP((u64)nr_slots, RC_GROUP_BLOCKS);
	index->nr_ghost_sets = DIV_ROUND_UP((u64)nr_slots, RC_GHOST_WAYS);
	/* Slot 0 is none. */
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

/*
 * Context: may sleep. Nobody else uses the index any more. NULL and half-built are fine.
 */
void rc_index_free(struct rc_index *index)
{
	u32 nr;

	if (!index)
		return;
	while (rc_slots_are_reclaiming(index))
		rc_slots_settle(index);
	for (nr = 1; index->nr_pages && nr <= index->nr_slots; nr++) {
		rc_slot_free_page(index, &index->slot[nr]);
		if (!(nr % RC_BATCH))
			cond_resched();
	}
	kvfree(index->slot);
	kvfree(index->bucket);
	kvfree(index->ghost);
	kfree(index);
}
