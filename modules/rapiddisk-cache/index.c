/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index: a table of slots by block, and the free slots. What the states mean and who
 * may do what is in cache.h; which slot to evict is said in evict.c.
 *
 * An evicted slot can be used again only after an RCU grace period. So some slots are
 * kept free in advance: a 64th of all, and more, up to an 8th, while that proves too few.
 */
#include <linux/gfp.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "cache.h"
#include "rapiddisk/rapiddisk.h"

/* Only what lies there: no reclaim, no reserves, no warning. */
#define RC_GFP_PAGE (GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

/* Of slots handled under one hold of the lock, where it may be given up. */
#define RC_BATCH 256UL

/* Pages that are got together, before the lock is taken for them. */
#define RC_STOCK 32U

/* --- memory ------------------------------------------------------------------------ */

static void *rc_page_alloc(struct rc_index *index)
{
	struct rapiddisk_loan *loan = index->cache->loan;

	if (loan)
		return rapiddisk_loan_alloc_page(loan, RC_GFP_PAGE);
	return (void *)__get_free_page(RC_GFP_PAGE);
}

static void rc_page_free(struct rc_index *index, void *page)
{
	struct rapiddisk_loan *loan = index->cache->loan;

	if (loan)
		rapiddisk_loan_free_page(loan, page);
	else
		free_page((unsigned long)page);
}

static void rc_slot_free_page(struct rc_index *index, struct rc_slot *slot)
{
	if (!slot->page)
		return;
	rc_page_free(index, slot->page);
	slot->page = NULL;
	WRITE_ONCE(index->nr_pages, index->nr_pages - 1);
}

/* --- lookup ------------------------------------------------------------------------ */

/*
 * The upper bits of the hash choose a group. The lower ones choose the order in it, so that
 * blocks at equal distances, as a stride of RC_GROUP_BLOCKS, do not all come to one place of
 * each group; it is the same for all blocks of a group, which so stay in as few lines.
 */
static u32 *rc_bucket(const struct rc_index *index, u64 block)
{
	u32 hash = hash_64(block >> RC_GROUP_SHIFT, 32);
	u32 group = reciprocal_scale(hash, index->nr_groups);

	return &index->bucket[((size_t)group << RC_GROUP_SHIFT) +
			      ((block ^ hash) & (RC_GROUP_BLOCKS - 1))];
}

/*
 * rc_index_find() - The slot of a block, whatever its state; 0 where there is none.
 *
 * Context: RCU read section or rc_index.lock.
 */
u32 rc_index_find(const struct rc_index *index, u64 block)
{
	u32 nr = READ_ONCE(*rc_bucket(index, block));

	while (nr && index->slot[nr].block != block)
		nr = READ_ONCE(index->slot[nr].hash_next);
	return nr;
}

static void rc_hash_add(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *bucket = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	WRITE_ONCE(slot->hash_next, *bucket);
	/* Readers must find the slot as it is now. */
	smp_store_release(bucket, nr);
}

/* Readers that are at the slot go on from it: its own link stays. */
static void rc_hash_del(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *link = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	while (*link != nr)
		link = &index->slot[*link].hash_next;
	WRITE_ONCE(*link, slot->hash_next);
}

static void rc_push(struct rc_index *index, u32 *list, u32 nr)
{
	index->slot[nr].next = *list;
	*list = nr;
}

static u32 rc_pop(struct rc_index *index, u32 *list)
{
	u32 nr = *list;

	if (nr)
		*list = index->slot[nr].next;
	return nr;
}

/* --- slots that come and go -------------------------------------------------------- */

/* A slot that no reader can be at. */
static void rc_slot_free(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	WRITE_ONCE(slot->state, RC_FREE);
	if (slot->page) {
		rc_push(index, &index->free_paged, nr);
		WRITE_ONCE(index->nr_paged, index->nr_paged + 1);
	} else {
		rc_push(index, &index->free_bare, nr);
	}
	index->nr_free++;
}

static void rc_reclaim_rcu(struct rcu_head *rcu);

/* Those that came since the last grace period began wait for the next one. */
static void rc_reclaim_start(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	if (index->is_reclaiming || !index->retired_new)
		return;
	index->is_reclaiming = true;
	index->retired_waiting = index->retired_new;
	index->nr_retired_waiting = index->nr_retired;
	index->retired_new = 0;
	call_rcu_hurry(&index->rcu, rc_reclaim_rcu);
}

/* The reserve shrinks again while it is enough. */
static void rc_reclaim_end(struct rc_index *index)
{
	if (!index->is_starved)
		index->reserve -= DIV_ROUND_UP(index->reserve - index->base_reserve, 16);
	index->is_starved = false;
	index->is_reclaiming = false;
	rc_reclaim_start(index);
}

/* Free some of those whose grace period is over. Return: there are more. */
static bool rc_reclaim_batch(struct rc_index *index)
{
	unsigned long flags;
	unsigned int i;
	bool is_more;
	u32 nr;

	spin_lock_irqsave(&index->lock, flags);
	for (i = 0; i < RC_BATCH; i++) {
		nr = rc_pop(index, &index->retired_waiting);
		if (!nr)
			break;
		index->nr_retired--;
		rc_slot_free(index, nr);
	}
	is_more = index->retired_waiting;
	if (!is_more)
		rc_reclaim_end(index);
	spin_unlock_irqrestore(&index->lock, flags);
	return is_more;
}

static void rc_reclaim_work(struct work_struct *work)
{
	struct rc_index *index = container_of(work, struct rc_index, reclaim_work);

	while (rc_reclaim_batch(index))
		cond_resched();
}

static void rc_reclaim_rcu(struct rcu_head *rcu)
{
	struct rc_index *index = container_of(rcu, struct rc_index, rcu);

	/* Thousands at once are no work for a softirq. */
	if (READ_ONCE(index->nr_retired_waiting) > 4 * RC_BATCH) {
		queue_work(index->cache->workqueue, &index->reclaim_work);
		return;
	}
	while (rc_reclaim_batch(index))
		;
}

/* A slot that cannot be found any more. */
static void rc_slot_retire(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	WRITE_ONCE(index->slot[nr].state, RC_RETIRED);
	rc_push(index, &index->retired_new, nr);
	index->nr_retired++;
	rc_reclaim_start(index);
}

/* From now on nobody finds this VALID slot. Its new owner is the caller. */
static void rc_slot_unlink(struct rc_index *index, u32 nr)
{
	rc_hash_del(index, nr);
	rc_evict_del(index, nr);
	WRITE_ONCE(index->nr_valid, index->nr_valid - 1);
}

/* Return: the slot, unlinked; 0 where there is none. */
static u32 rc_unlink_victim(struct rc_index *index, enum rc_stat cause)
{
	u32 nr = rc_evict_victim(index);

	lockdep_assert_held(&index->lock);
	if (!nr)
		return 0;
	rc_slot_unlink(index, nr);
	rc_count(index->cache, cause, 1);
	return nr;
}

/* Return: there was one. */
static bool rc_evict(struct rc_index *index, enum rc_stat cause)
{
	u32 nr = rc_unlink_victim(index, cause);

	if (nr)
		rc_slot_retire(index, nr);
	return nr;
}

/* Make sure that @nr slots and the reserve are free, or will be. */
static void rc_make_room(struct rc_index *index, u32 nr, enum rc_stat cause)
{
	u32 wanted = index->reserve + nr, tries = nr + RC_BATCH;

	while (index->nr_free + index->nr_retired < wanted && tries--)
		if (!rc_evict(index, cause))
			break;
}

/* Give pages to free slots that have none. Return: how many; the rest stay the caller's. */
static u32 rc_add_pages(struct rc_index *index, void **page, u32 nr)
{
	unsigned long flags;
	u32 done, slot;

	spin_lock_irqsave(&index->lock, flags);
	for (done = 0; done < nr; done++) {
		slot = rc_pop(index, &index->free_bare);
		if (!slot)
			break;
		index->slot[slot].page = page[done];
		rc_push(index, &index->free_paged, slot);
	}
	WRITE_ONCE(index->nr_paged, index->nr_paged + done);
	WRITE_ONCE(index->nr_pages, index->nr_pages + done);
	spin_unlock_irqrestore(&index->lock, flags);
	return done;
}

/*
 * rc_index_stock() - See that @nr free slots have pages, as far as there is memory at
 * once. Others may take them first.
 *
 * Context: RCU read section, without rc_index.lock: memory is not looked for with
 * interrupts off.
 */
void rc_index_stock(struct rc_index *index, u32 nr)
{
	void *page[RC_STOCK];
	u32 want, got, used;

	/* Only until the cache is full, and again after a shrinker has been there. */
	while (READ_ONCE(index->free_bare)) {
		want = READ_ONCE(index->nr_paged);
		if (want >= nr)
			return;
		want = min(nr - want, RC_STOCK);
		for (got = 0; got < want; got++) {
			page[got] = rc_page_alloc(index);
			if (!page[got])
				break;
		}
		used = rc_add_pages(index, page, got);
		while (got > used)
			rc_page_free(index, page[--got]);
		if (used < want)
			return;
	}
}

/* A free slot with a page. Return: 0 where there is none. */
static u32 rc_slot_take(struct rc_index *index)
{
	u32 nr = rc_pop(index, &index->free_paged);

	if (nr) {
		WRITE_ONCE(index->nr_paged, index->nr_paged - 1);
	} else if (index->free_bare) {
		/* Others took what had been stocked. */
		void *page = rc_page_alloc(index);

		if (!page)
			return 0;
		nr = rc_pop(index, &index->free_bare);
		index->slot[nr].page = page;
		WRITE_ONCE(index->nr_pages, index->nr_pages + 1);
	}
	if (nr)
		index->nr_free--;
	return nr;
}

/*
 * rc_index_take() - Get free slots, each with a page: all of them or none.
 * @cause: how to count what is evicted to have as many next time
 */
bool rc_index_take(struct rc_index *index, u32 *ret_slots, u32 nr, enum rc_stat cause)
{
	u32 i;

	lockdep_assert_held(&index->lock);
	for (i = 0; i < nr; i++) {
		ret_slots[i] = rc_slot_take(index);
		if (!ret_slots[i])
			break;
		index->slot[ret_slots[i]].hits = 0;
		index->slot[ret_slots[i]].queue = RC_SMALL;
	}
	if (i == nr) {
		rc_make_room(index, 0, cause);
		return true;
	}
	while (i--)
		rc_slot_free(index, ret_slots[i]);
	if (!index->free_bare) {
		index->is_starved = true;
		index->reserve = min(max(2 * index->reserve, nr), index->nr_slots / 8);
		rc_make_room(index, 0, cause);
	} else if (index->nr_retired < min(nr, index->nr_slots / 8)) {
		/* No memory for more pages: those that are there have to do. */
		for (i = 0; i < nr && rc_evict(index, cause); i++)
			;
	}
	return false;
}

/* Give back a slot that nobody could find. */
void rc_index_release(struct rc_index *index, u32 nr)
{
	rc_slot_free(index, nr);
}

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
	u32 nr = rc_index_find(index, block);

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

/* The pages of up to @nr free slots go. Return: how many. */
static unsigned long rc_free_pages(struct rc_index *index, unsigned long nr)
{
	unsigned long done;
	u32 slot;

	lockdep_assert_held(&index->lock);
	for (done = 0; done < nr; done++) {
		slot = rc_pop(index, &index->free_paged);
		if (!slot)
			break;
		rc_slot_free_page(index, &index->slot[slot]);
		rc_push(index, &index->free_bare, slot);
	}
	WRITE_ONCE(index->nr_paged, index->nr_paged - done);
	return done;
}

/* Evict up to @nr slots and push them to @list. Return: how many. */
static unsigned long rc_shrink_evict(struct rc_index *index, u32 *list, unsigned long nr)
{
	unsigned long done;
	u32 victim;

	lockdep_assert_held(&index->lock);
	for (done = 0; done < nr; done++) {
		victim = rc_unlink_victim(index, RC_STAT_SHRUNK);
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
 * rc_index_shrink() - Give memory back: the pages of free slots, then evicted ones.
 *
 * These are free when it returns, and not only after a grace period some time later: the
 * kernel would ask again and again until then, and get all of the cache.
 *
 * Context: may sleep, but not for memory. The index is pinned. Return: pages.
 */
unsigned long rc_index_shrink(struct rc_index *index, unsigned long nr)
{
	unsigned long part, done = 0, leaving = 0;
	u32 list = 0;

	do {
		spin_lock_irq(&index->lock);
		part = rc_free_pages(index, min(nr - done, RC_BATCH));
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

/* Those that wait become free, and those that came since wait. Context: may sleep. */
static void rc_index_settle(struct rc_index *index)
{
	rcu_barrier();
	flush_work(&index->reclaim_work);
}

/* The memory of all that is not in use goes. Context: may sleep. */
void rc_index_give_back(struct rc_index *index)
{
	unsigned long done;

	/* Twice, for what was retired until now, and not for what comes meanwhile. */
	rc_index_settle(index);
	rc_index_settle(index);
	do {
		spin_lock_irq(&index->lock);
		done = rc_free_pages(index, RC_BATCH);
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

/* As above: whoever has reclaimed is done with the lock too when this is false. */
static bool rc_index_is_reclaiming(struct rc_index *index)
{
	bool is_reclaiming;

	spin_lock_irq(&index->lock);
	is_reclaiming = index->is_reclaiming;
	spin_unlock_irq(&index->lock);
	return is_reclaiming;
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
	INIT_WORK(&index->reclaim_work, rc_reclaim_work);
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
	while (rc_index_is_reclaiming(index))
		rc_index_settle(index);
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
