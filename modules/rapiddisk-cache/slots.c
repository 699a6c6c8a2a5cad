// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots that come and go: the free ones and their pages, those that wait for an RCU grace
 * period, and making room.
 *
 * An evicted slot can be used again only after an RCU grace period. So some slots are
 * kept free in advance: a 64th of all, and more, up to an 8th, while that proves too few.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "index.h"
#include "rapiddisk/rapiddisk.h"

/* Only what lies there: no reclaim, no reserves, no warning. */
#define RC_GFP_PAGE (GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

/* Pages that are got together, before the lock is taken for them. */
#define RC_STOCK 32U

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

void rc_slot_free_page(struct rc_index *index, struct rc_slot *slot)
{
	if (!slot->page)
		return;
	rc_page_free(index, slot->page);
	slot->page = NULL;
	WRITE_ONCE(index->nr_pages, index->nr_pages - 1);
}

/* A slot that no reader can be at. */
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

void rc_slots_reclaim_work(struct work_struct *work)
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
void rc_slot_retire(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	WRITE_ONCE(index->slot[nr].state, RC_RETIRED);
	rc_push(index, &index->retired_new, nr);
	index->nr_retired++;
	rc_reclaim_start(index);
}

/* From now on nobody finds this VALID slot. Its new owner is the caller. */
void rc_slot_unlink(struct rc_index *index, u32 nr)
{
	rc_hash_del(index, nr);
	rc_evict_del(index, nr);
	WRITE_ONCE(index->nr_valid, index->nr_valid - 1);
}

/* Return: the slot, unlinked; 0 where there is none. */
u32 rc_slots_unlink_victim(struct rc_index *index, enum rc_stat cause)
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
	u32 nr = rc_slots_unlink_victim(index, cause);

	if (nr)
		rc_slot_retire(index, nr);
	return nr;
}

/* Make sure that the reserve is free, or will be. */
static void rc_make_room(struct rc_index *index, enum rc_stat cause)
{
	u32 tries = RC_BATCH;

	while (index->nr_free + index->nr_retired < index->reserve && tries--)
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
 * rc_slots_stock() - See that @nr free slots have pages, as far as there is memory at
 * once. Others may take them first.
 *
 * Context: RCU read section, without rc_index.lock: memory is not looked for with
 * interrupts off.
 */
void rc_slots_stock(struct rc_index *index, u32 nr)
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
 * rc_slots_take() - Get free slots, each with a page: all of them or none.
 * @cause: how to count what is evicted to have as many next time
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
		index->slot[ret_slots[i]].queue = RC_SMALL;
	}
	if (i == nr) {
		rc_make_room(index, cause);
		return true;
	}
	while (i--)
		rc_slot_free(index, ret_slots[i]);
	if (!index->free_bare) {
		index->is_starved = true;
		index->reserve = min(max(2 * index->reserve, nr), index->nr_slots / 8);
		rc_make_room(index, cause);
	} else if (index->nr_retired < min(nr, index->nr_slots / 8)) {
		/* No memory for more pages: those that are there have to do. */
		for (i = 0; i < nr && rc_evict(index, cause); i++)
			;
	}
	return false;
}

/* The pages of up to @nr free slots go. Return: how many. */
unsigned long rc_slots_free_pages(struct rc_index *index, unsigned long nr)
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

/* Those that wait become free, and those that came since wait. Context: may sleep. */
void rc_slots_settle(struct rc_index *index)
{
	rcu_barrier();
	flush_work(&index->reclaim_work);
}

/* As above: whoever has reclaimed is done with the lock too when this is false. */
bool rc_slots_are_reclaiming(struct rc_index *index)
{
	bool is_reclaiming;

	spin_lock_irq(&index->lock);
	is_reclaiming = index->is_reclaiming;
	spin_unlock_irq(&index->lock);
	return is_reclaiming;
}
