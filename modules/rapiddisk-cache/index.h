/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index: what is cached. For the files that keep it (index.c, slots.c, hash.c, evict.c,
 * shrink.c) and for reads and writes; the rules are in cache.h.
 */
#ifndef RAPIDDISK_CACHE_INDEX_H
#define RAPIDDISK_CACHE_INDEX_H

#include <linux/build_bug.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cache.h"

/*
 * Neighbours in the source are neighbours in the table: lookups of a run touch few lines.
 */
#define RC_GROUP_SHIFT	6
#define RC_GROUP_BLOCKS (1U << RC_GROUP_SHIFT)

/* Counters of writes under way. A collision costs a fill that was not made. */
#define RC_WRITERS 512
/* rc_writers() takes the low bits of a block for an index. */
static_assert(!(RC_WRITERS & (RC_WRITERS - 1)));

/* Streams that the sequential bypass tells apart. */
#define RC_STREAMS 8
/* How far from where it was a stream goes on: what is between is cached. */
#define RC_STREAM_GAP_SECTORS 256

/* Ghosts that a block can be among: see evict.c. */
#define RC_GHOST_WAYS 4

/* Of slots handled under one hold of the lock, where it may be given up. */
#define RC_BATCH 256UL

enum rc_state {
	RC_FREE,
	RC_FILLING,
	RC_WRITING,
	RC_BOUNCE,
	RC_VALID,
	RC_CANCELLED,
	RC_RETIRED,
};

enum rc_queue_id { RC_SMALL, RC_MAIN, RC_NR_QUEUES };

/*
 * 32 bytes for each page; with its share of the table and of the ghosts 40 bytes, which
 * is less than 1 % of it. Under rc_index.lock, but for what readers do: @block,
 * @hash_next and @page do not change while the slot can be found, @state is published
 * with release semantics, @hits is only a hint.
 */
struct rc_slot {
	u64 block;
	void *page;
	u32 hash_next;
	u32 prev;
	u32 next;
	u8 state;
	/* Of the last lookups, up to 3. */
	u8 hits;
	/* Where it is queued, or will be when it becomes VALID: enum rc_queue_id. */
	u8 queue;
};

/* Slots by number; 0 is none. */
struct rc_queue {
	u32 head;
	u32 tail;
	u32 nr;
};

struct rc_stream {
	u64 next_sector;
	u64 sectors;
};

/* What is cached. There is none while the cache is bypassed. */
struct rc_index {
	struct rc_cache *cache;

	/* Set once. */
	struct rc_slot *slot;
	u32 *bucket;
	u32 *ghost;
	u32 nr_slots;
	u32 nr_groups;
	u32 nr_ghost_sets;
	u32 ghost_shift;
	u32 base_reserve;

	/*
	 * Guards all below, and the slots. Taken with interrupts off, because bios end
	 * there. Hits do not take it.
	 */
	spinlock_t lock ____cacheline_aligned;
	/* Nothing may be published yet: writes that nobody tracks are under way. */
	bool is_opening;
	/* The free slots ran out since the last ones came back. */
	bool is_starved;
	bool is_reclaiming;
	/* Reads and writes that have slots or count as writers, and shrinkers. */
	u32 nr_inflight;
	u32 nr_wide;
	u32 writers[RC_WRITERS];
	/* Free slots that have a page, and those that have none. */
	u32 free_paged;
	u32 free_bare;
	u32 nr_free;
	/* Of them, those that have a page. */
	u32 nr_paged;
	/* How many slots are kept free or on their way there. */
	u32 reserve;
	/* RETIRED: those that wait for a grace period, and those that came since. */
	u32 retired_waiting;
	u32 retired_new;
	u32 nr_retired_waiting;
	u32 nr_retired;
	/* RETIRED: those whose page a shrinker will free. */
	u32 nr_leaving;
	u32 nr_valid;
	u32 nr_pages;
	struct rc_queue queue[RC_NR_QUEUES];
	u32 ghost_clock;
	struct rc_stream stream[RC_STREAMS];

	struct rcu_head rcu;
	struct work_struct reclaim_work;
};

/* In index.c: the states of a slot, and the whole of it. */
struct rc_index *rc_index_alloc(struct rc_cache *cache, u32 nr_slots);
void rc_index_free(struct rc_index *index);
bool rc_index_is_idle(struct rc_index *index);
void rc_index_drop(struct rc_index *index, u64 first, u64 last);
void rc_index_give_back(struct rc_index *index);
void rc_index_add(struct rc_index *index, u32 nr, u64 block, enum rc_state state);
void rc_index_publish(struct rc_index *index, u32 nr);
void rc_index_abort(struct rc_index *index, u32 nr);
void rc_index_invalidate(struct rc_index *index, u32 nr);

/* In slots.c: slots that come and go. */
void rc_slots_stock(struct rc_index *index, u32 nr);
bool rc_slots_take(struct rc_index *index, u32 *ret_slots, u32 nr, enum rc_stat cause);
u32 rc_slots_unlink_victim(struct rc_index *index, enum rc_stat cause);
void rc_slot_unlink(struct rc_index *index, u32 nr);
void rc_slot_retire(struct rc_index *index, u32 nr);
void rc_slot_free(struct rc_index *index, u32 nr);
void rc_slot_free_page(struct rc_index *index, struct rc_slot *slot);
unsigned long rc_slots_free_pages(struct rc_index *index, unsigned long nr);
bool rc_slots_are_reclaiming(struct rc_index *index);
void rc_slots_settle(struct rc_index *index);
void rc_slots_reclaim_work(struct work_struct *work);

/* In hash.c: the table of slots by block. */
u32 rc_hash_find(const struct rc_index *index, u64 block);
void rc_hash_add(struct rc_index *index, u32 nr);
void rc_hash_del(struct rc_index *index, u32 nr);

/* In evict.c: which of the VALID slots goes. */
void rc_evict_init(struct rc_index *index);
void rc_evict_add(struct rc_index *index, u32 nr);
void rc_evict_del(struct rc_index *index, u32 nr);
u32 rc_evict_victim(struct rc_index *index);

/* Something is under way in this index: it stays, and the cache does. */
static inline void rc_index_pin(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	index->nr_inflight++;
}

static inline void rc_index_unpin(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	if (!--index->nr_inflight && wq_has_sleeper(&index->cache->wait))
		wake_up(&index->cache->wait);
}

static inline u32 *rc_writers(struct rc_index *index, u64 block)
{
	return &index->writers[block & (RC_WRITERS - 1)];
}

/* May something new be published? */
static inline bool rc_index_is_open(const struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	return !index->is_opening && !index->nr_wide;
}

static inline void rc_push(struct rc_index *index, u32 *list, u32 nr)
{
	index->slot[nr].next = *list;
	*list = nr;
}

static inline u32 rc_pop(struct rc_index *index, u32 *list)
{
	u32 nr = *list;

	if (nr)
		*list = index->slot[nr].next;
	return nr;
}

#endif
