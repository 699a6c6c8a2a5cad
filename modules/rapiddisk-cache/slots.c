// SPDX-License-Identifier: GPL-2.0-only
/*
 * Free slots and their pages, retired slots and their RCU grace periods.
 *
 * An evicted slot is usable again only after an RCU grace period. Therefore a reserve of
 * slots is kept free in advance: 1/64 of all slots, and up to 1/8 if that proves too few.
 * For RC_PAUSE after a shrinker took pages, nothing is allocated, and the reserve has pages.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/vmstat.h>

#include "evict.h"
#include "rapiddisk/pool.h"
#include "slots.h"

/*
 * Free pages only: no direct reclaim, no emergency reserves, no warning. The shrinker
 * frees these pages, so the allocator may group them with other reclaimable ones.
 */
#define RC_GFP_PAGE \
	(GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_RECLAIMABLE)

static void *rc_page_alloc(struct rc_index *index)
{
	struct rapiddisk_loan *loan = index->cache->loan;
	struct page *page;

	if (loan)
		return rapiddisk_loan_alloc_page(loan, RC_GFP_PAGE);
	/* Unlike __get_free_page(), this ignores the memory policy of the task. */
	page = alloc_pages_node(NUMA_NO_NODE, RC_GFP_PAGE, 0);
	return page ? page_address(page) : NULL;
}

static void rc_page_free(struct rc_index *index, void *page)
{
	struct rapiddisk_loan *loan = index->cache->loan;

	if (loan)
		rapiddisk_loan_free_page(loan, page);
	else
		free_page((unsigned long)page);
}

/**
 * rc_slots_are_shrinkable() - Check whether the shrinker may free the pages of a cache.
 * @cache: the cache
 *
 * Return: false if the pages were promised to a RAM disk.
 */
bool rc_slots_are_shrinkable(const struct rc_cache *cache)
{
	return !cache->loan || rapiddisk_loan_is_shrinkable(cache->loan);
}

/*
 * True if the cache lacks pages, and a shrinker asked for some less than RC_PAUSE ago. No
 * shrinker asks for pages that were promised to a RAM disk.
 */
static bool rc_slots_are_scarce(const struct rc_index *index)
{
	unsigned long shrunk_at = READ_ONCE(index->shrunk_at);

	return READ_ONCE(index->free_bare) &&
	       time_in_range_open(jiffies, shrunk_at, shrunk_at + RC_PAUSE);
}

/**
 * rc_slots_tell() - Tell the kernel how many reclaimable pages came and went.
 * @index: the index, locked or without other users
 *
 * The kernel adds reclaimable pages to the memory that is available. Without them, it
 * would take a full cache for a lack of memory.
 *
 * Call this before the end of each hold of the lock in which pages came or went.
 */
void rc_slots_tell(struct rc_index *index)
{
	struct rc_tally *tally = &index->tally;

	if (tally->nr && rc_slots_are_shrinkable(index->cache))
		mod_node_page_state(tally->node, NR_KERNEL_MISC_RECLAIMABLE, tally->nr);
	tally->nr = 0;
}

/* Note that @page comes (@nr is 1) or goes (-1). rc_slots_tell() has to follow. */
static void rc_page_note(struct rc_index *index, const void *page, int nr)
{
	struct pglist_data *node = page_pgdat(virt_to_page(page));

	if (unlikely(index->tally.node != node))
		rc_slots_tell(index);
	index->tally.node = node;
	index->tally.nr += nr;
	WRITE_ONCE(index->nr_pages, index->nr_pages + nr);
}

/**
 * rc_slot_take_page() - Take the page from a slot.
 * @index: the index, locked or without other users; rc_slots_tell() has to follow
 * @slot: a slot that no reader can access
 *
 * Return: the page, to be freed by rc_pages_free(); NULL if the slot has none.
 */
void *rc_slot_take_page(struct rc_index *index, struct rc_slot *slot)
{
	void *page = slot->page;

	if (page)
		rc_page_note(index, page, -1);
	slot->page = NULL;
	return page;
}

/**
 * rc_pages_free() - Free pages that were taken from slots.
 * @index: the index
 * @page: the pages
 * @nr: number of pages
 *
 * Context: without rc_index.lock. The lock disables interrupts, and the allocator may need
 * thousands of instructions for a page.
 */
void rc_pages_free(struct rc_index *index, void *const *page, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		rc_page_free(index, page[i]);
}

/**
 * rc_slot_free() - Add a slot to the free slots.
 * @index: the index, locked
 * @nr: a slot that no reader can access
 */
void rc_slot_free(struct rc_index *index, u32 nr)
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

/**
 * rc_reclaim_start() - Start a grace period for the retired slots, unless one is under way.
 * @index: the index, locked
 */
void rc_reclaim_start(struct rc_index *index)
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

/*
 * Finish a grace period and start the next one. The reserve decays to its base size while
 * it suffices.
 */
static void rc_reclaim_end(struct rc_index *index)
{
	if (!index->is_starved)
		index->reserve -= DIV_ROUND_UP(index->reserve - index->base_reserve, 16);
	index->is_starved = false;
	index->is_reclaiming = false;
	rc_reclaim_start(index);
}

/* Free up to RC_BATCH slots whose grace period is over. Return: true if more are left. */
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

/**
 * rc_slots_reclaim_work() - Free all slots whose grace period is over.
 * @work: rc_index.reclaim_work
 */
void rc_slots_reclaim_work(struct work_struct *work)
{
	struct rc_index *index = container_of(work, struct rc_index, reclaim_work);

	while (rc_reclaim_batch(index))
		cond_resched();
}

static void rc_reclaim_rcu(struct rcu_head *rcu)
{
	struct rc_index *index = container_of(rcu, struct rc_index, rcu);

	/* A softirq must not free thousands of slots. */
	if (READ_ONCE(index->nr_retired_waiting) > 4 * RC_BATCH) {
		queue_work(index->cache->workqueue, &index->reclaim_work);
		return;
	}
	while (rc_reclaim_batch(index))
		;
}

/**
 * rc_slots_unlink_victim() - Choose a slot to evict, and unlink it.
 * @index: the index, locked
 * @cause: counter to increment
 * @moves: as for rc_evict_victim(); RC_HOLD_MOVES at the start of a hold of the lock
 *
 * Return: the slot, owned by the caller; 0 if no slot is VALID, or if @moves is used up.
 */
u32 rc_slots_unlink_victim(struct rc_index *index, enum rc_stat cause, u32 *moves)
{
	u32 nr = rc_evict_victim(index, moves);

	lockdep_assert_held(&index->lock);
	if (!nr)
		return 0;
	rc_slot_unlink(index, nr);
	rc_count(index->cache, cause, 1);
	return nr;
}

/*
 * Evict up to @nr slots, as far as the moves of one hold of the lock reach. Return: true if
 * the moves were used up.
 */
static bool rc_evict(struct rc_index *index, u32 nr, enum rc_stat cause)
{
	u32 moves = RC_HOLD_MOVES, victim;

	while (nr--) {
		victim = rc_slots_unlink_victim(index, cause, &moves);
		if (!victim)
			break;
		rc_slot_retire(index, victim);
	}
	return !moves;
}

/*
 * Evict slots until the reserve is FREE or RETIRED. Return: true if the moves of one hold
 * of the lock were used up.
 */
static bool rc_make_room(struct rc_index *index, enum rc_stat cause)
{
	u32 room = index->nr_free + index->nr_retired, reserve = index->reserve;

	if (unlikely(rc_slots_are_scarce(index))) {
		room = index->nr_paged + index->nr_retired - index->nr_leaving;
		reserve =
			DIV_ROUND_UP_ULL((u64)reserve * index->nr_pages, index->nr_slots);
	}
	return room < reserve && rc_evict(index, reserve - room, cause);
}

/**
 * rc_slots_make_room() - Evict slots until the reserve is FREE or RETIRED.
 * @index: the index, locked; once per hold
 * @cause: counter of the evictions
 *
 * A worker, which may release the lock, does what would take too long here.
 */
void rc_slots_make_room(struct rc_index *index, enum rc_stat cause)
{
	lockdep_assert_held(&index->lock);
	if (unlikely(rc_make_room(index, cause)))
		queue_work(index->cache->workqueue, &index->room_work);
}

/**
 * rc_slots_room_work() - Finish what rc_slots_make_room() began.
 * @work: rc_index.room_work
 */
void rc_slots_room_work(struct work_struct *work)
{
	struct rc_index *index = container_of(work, struct rc_index, room_work);
	bool is_more;

	do {
		spin_lock_irq(&index->lock);
		is_more = rc_make_room(index, RC_STAT_REPLACEMENT);
		spin_unlock_irq(&index->lock);
		cond_resched();
	} while (is_more);
}

/*
 * Give the @nr pages to free slots without one. Return: the number of pages used; the
 * caller keeps the others.
 */
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
		rc_page_note(index, page[done], 1);
		rc_push(index, &index->free_paged, slot);
	}
	WRITE_ONCE(index->nr_paged, index->nr_paged + done);
	rc_slots_tell(index);
	spin_unlock_irqrestore(&index->lock, flags);
	return done;
}

/**
 * rc_slots_stock() - Allocate pages until @nr free slots have one.
 * @index: the index
 * @nr: number of slots
 *
 * Pages are allocated without rc_index.lock, because the lock disables interrupts. Other
 * callers may take the slots before this one does. Does nothing soon after the cache was
 * shrunk, or once the allocator refuses a page.
 *
 * Context: RCU read section, without rc_index.lock.
 */
void rc_slots_stock(struct rc_index *index, u32 nr)
{
	void *page[RC_PAGES];
	u32 want, got, used;

	/* Only a cache that is not full, or that was shrunk, has slots without a page. */
	while (READ_ONCE(index->free_bare) && !rc_slots_are_scarce(index)) {
		want = READ_ONCE(index->nr_paged);
		if (want >= nr)
			return;
		want = min_t(u32, nr - want, RC_PAGES);
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

/* Take a free slot with a page. Return: the slot; 0 if none is available. */
static u32 rc_slot_take(struct rc_index *index)
{
	u32 nr = rc_pop(index, &index->free_paged);

	if (nr) {
		WRITE_ONCE(index->nr_paged, index->nr_paged - 1);
	} else if (index->free_bare && !rc_slots_are_scarce(index)) {
		/* Other callers took the slots that this one had stocked. */
		void *page = rc_page_alloc(index);

		if (!page)
			return 0;
		nr = rc_pop(index, &index->free_bare);
		index->slot[nr].page = page;
		rc_page_note(index, page, 1);
		rc_slots_tell(index);
	}
	if (nr)
		index->nr_free--;
	return nr;
}

/**
 * rc_slots_take() - Take free slots with a page each: @nr of them or none.
 * @index: the index, locked
 * @ret_slots: the slots
 * @nr: number of slots
 * @cause: counter of the evictions that refill the reserve
 *
 * Return: true if @ret_slots holds @nr slots.
 */
bool rc_slots_take(struct rc_index *index, u32 *ret_slots, u32 nr, enum rc_stat cause)
{
	u32 i;

	lockdep_assert_held(&index->lock);
	for (i = 0; i < nr; i++) {
		ret_slots[i] = rc_slot_take(index);
		if (!ret_slots[i])
			break;
		index->slot[ret_slots[i]].hits = 0;
		index->slot[ret_slots[i]].queue = RC_UNDECIDED;
		index->slot[ret_slots[i]].part_end = RC_BLOCK_SECTORS;
	}
	if (i == nr) {
		rc_slots_make_room(index, cause);
		return true;
	}
	while (i--)
		rc_slot_free(index, ret_slots[i]);
	if (!index->free_bare) {
		index->is_starved = true;
		index->reserve = min(max(2 * index->reserve, nr), index->nr_slots / 8);
		rc_slots_make_room(index, cause);
	} else if (index->nr_retired < min(nr, index->nr_slots / 8)) {
		/* No new pages: recycle those that the cache has. */
		rc_evict(index, nr, cause);
	}
	return false;
}

/**
 * rc_slots_free_pages() - Free the pages of free slots.
 * @index: the index
 * @nr: number of pages; RC_PAGES are freed at most
 *
 * Context: may sleep; without rc_index.lock.
 * Return: the number of pages freed.
 */
unsigned long rc_slots_free_pages(struct rc_index *index, unsigned long nr)
{
	void *page[RC_PAGES];
	u32 done, slot;

	spin_lock_irq(&index->lock);
	for (done = 0; done < min(nr, RC_PAGES); done++) {
		slot = rc_pop(index, &index->free_paged);
		if (!slot)
			break;
		page[done] = rc_slot_take_page(index, &index->slot[slot]);
		rc_push(index, &index->free_bare, slot);
	}
	WRITE_ONCE(index->nr_paged, index->nr_paged - done);
	rc_slots_tell(index);
	spin_unlock_irq(&index->lock);
	rc_pages_free(index, page, done);
	return done;
}

/**
 * rc_slots_settle() - Wait until the current grace period has freed its slots.
 * @index: the index
 *
 * Slots that were retired during that grace period wait for the next one afterwards.
 *
 * Context: may sleep.
 */
void rc_slots_settle(struct rc_index *index)
{
	rcu_barrier();
	flush_work(&index->reclaim_work);
}

/**
 * rc_slots_are_reclaiming() - Check whether a grace period is under way.
 * @index: the index
 *
 * Takes rc_index.lock: if the result is false, rc_reclaim_end() has also released the
 * lock.
 *
 * Context: may sleep.
 * Return: true if slots wait for a grace period.
 */
bool rc_slots_are_reclaiming(struct rc_index *index)
{
	bool is_reclaiming;

	spin_lock_irq(&index->lock);
	is_reclaiming = index->is_reclaiming;
	spin_unlock_irq(&index->lock);
	return is_reclaiming;
}
