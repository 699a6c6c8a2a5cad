/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The index, which has the cached blocks, its slots and lists of slots. cache_types.h has
 * the rules.
 */
#ifndef RAPIDDISK_CACHE_INDEX_TYPES_H
#define RAPIDDISK_CACHE_INDEX_TYPES_H

#include <linux/build_bug.h>
#include <linux/jiffies.h>
#include <linux/rbtree_types.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "cache_types.h"

/*
 * Blocks per group of the hash table. Neighbours in the source are neighbours in the
 * table, so the lookups of a run touch few cache lines.
 */
#define RC_GROUP_SHIFT	6
#define RC_GROUP_BLOCKS (1U << RC_GROUP_SHIFT)

/* Counters of writes in flight. A collision costs one fill. */
#define RC_WRITERS 512
/*
 * A tracked write of more blocks is a range, because it would block too many other blocks
 * by its counters: 64 writes of this size block half of the device.
 */
#define RC_COUNTED_BLOCKS 4
/* rc_writers() takes the low bits of a block as the index. */
static_assert(!(RC_WRITERS & (RC_WRITERS - 1)));

/* Sequential streams that are told apart. */
#define RC_STREAMS 8
/* Largest gap inside a stream. Blocks in the gap are usually cached. */
#define RC_STREAM_GAP_SECTORS 256

/* Ways of a set of ghosts: see evict.c. */
#define RC_GHOST_WAYS 4

/* Slots handled per hold of rc_index.lock by operations that may release the lock. */
#define RC_BATCH 256UL

/* Buckets of the hash table that are cleared at once: 64 KiB. */
#define RC_CLEAR_BUCKETS 16384UL

/*
 * Blocks of a read or write that are added to the index, or leave their state, per hold of
 * rc_index.lock. The lock disables interrupts, and a block costs up to 200 instructions.
 */
#define RC_HOLD_BLOCKS 64U

/* Pages allocated before a hold of rc_index.lock, or freed after one. */
#define RC_PAGES 32UL

/*
 * Ticks without new pages after a shrinker asked for some. Otherwise the next misses would
 * take the pages back, and the kernel would shrink the cache again.
 */
#define RC_PAUSE HZ

/* Evictions, and slots that evictions spare, per hold of rc_index.lock. */
#define RC_HOLD_MOVES 256U

enum rc_state {
	RC_FREE,
	RC_FILLING,
	RC_WRITING,
	RC_BOUNCE,
	RC_VALID,
	RC_CANCELLED,
	RC_RETIRED,
};

/* RC_UNDECIDED is no queue: rc_evict_add() chooses one. */
enum rc_queue_id { RC_SMALL, RC_MAIN, RC_NR_QUEUES, RC_UNDECIDED = RC_NR_QUEUES };

/*
 * A slot takes 32 bytes. With its share of the hash table and of the ghosts it takes 40
 * bytes, less than 1 % of the page. Protected by rc_index.lock, with these exceptions for
 * readers: @block, @hash_next and @page do not change while a lookup can find the slot,
 * @state is published with release semantics; @hits and @part_end are hints.
 */
struct rc_slot {
	u64 block;
	void *page;
	u32 hash_next;
	u32 prev;
	u32 next;
	u8 state;
	/* Number of hits, 3 at most. Decremented when an eviction spares the slot. */
	u8 hits;
	/*
	 * enum rc_queue_id: the queue of the slot, or the future one of a slot not yet
	 * VALID.
	 */
	u8 queue;
	/*
	 * Sector of the block at which the last read of a part ended. RC_BLOCK_SECTORS if no
	 * such read has occurred.
	 */
	u8 part_end;
};

static_assert(RC_BLOCK_SECTORS <= U8_MAX);

/* Memory of a slot, with its share of the hash table and of the ghosts. */
#define RC_SLOT_BYTES (sizeof(struct rc_slot) + 2 * sizeof(u32))

/* Numbers of slots; 0 stands for no slot. */
struct rc_queue {
	u32 head;
	u32 tail;
	u32 nr;
};

struct rc_stream {
	u64 next_sector;
	u64 sectors;
};

/*
 * The pages of one node that came (positive) and went (negative), and that the kernel does
 * not know of yet.
 */
struct rc_tally {
	struct pglist_data *node;
	int nr;
};

/* The cached blocks. A bypassed cache has no index. */
struct rc_index {
	struct rc_cache *cache;

	/* Constant. */
	struct rc_slot *slot;
	u32 *bucket;
	u32 *ghost;
	u32 nr_slots;
	u32 nr_groups;
	u32 nr_ghost_sets;
	u32 ghost_shift;
	u32 base_reserve;

	/*
	 * Protects the members below and the slots. Bios end in interrupts, so the lock
	 * is taken with interrupts disabled. Hits do not take it.
	 */
	spinlock_t lock ____cacheline_aligned;
	/*
	 * Untracked writes are in flight: nothing may be published yet. Set only before the
	 * index is in use.
	 */
	bool is_opening;
	/* The free slots ran out since the last grace period. */
	bool is_starved;
	/* A grace period for @retired_waiting is under way. */
	bool is_reclaiming;
	/* Reads and writes that own slots or count as writers, and shrinkers. */
	u32 nr_inflight;
	/* Ranges of writes in flight of more than RC_COUNTED_BLOCKS: struct rc_io. */
	struct rb_root_cached ranges;
	u32 writers[RC_WRITERS];
	/* Lists of free slots with a page and without one. */
	u32 free_paged;
	u32 free_bare;
	u32 nr_free;
	/* Length of @free_paged. */
	u32 nr_paged;
	/* Number of slots to keep FREE or RETIRED. */
	u32 reserve;
	/* Lists of RETIRED slots: the current grace period's, and the next one's. */
	u32 retired_waiting;
	u32 retired_new;
	u32 nr_retired_waiting;
	u32 nr_retired;
	/* RETIRED slots whose page a shrinker will free. */
	u32 nr_leaving;
	u32 nr_valid;
	/* Slots with a page, in any state. */
	u32 nr_pages;
	/* Time in jiffies of the last request of a shrinker. */
	unsigned long shrunk_at;
	struct rc_tally tally;
	struct rc_queue queue[RC_NR_QUEUES];
	u32 ghost_clock;
	struct rc_stream stream[RC_STREAMS];

	struct rcu_head rcu;
	struct work_struct reclaim_work;
	struct work_struct room_work;
};

/* Keep the index, and with it the cache, until rc_index_unpin(). */
static inline void rc_index_pin(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	index->nr_inflight++;
}

static inline void rc_index_unpin(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	/*
	 * A waiter is in the queue before it takes the lock to look at @nr_inflight, so no
	 * barrier is needed.
	 */
	if (!--index->nr_inflight && waitqueue_active(&index->cache->wait))
		wake_up(&index->cache->wait);
}

/* Return: the counter of writes in flight for @block, which other blocks share. */
static inline u32 *rc_writers(struct rc_index *index, u64 block)
{
	return &index->writers[block & (RC_WRITERS - 1)];
}

/* True if fills and write-throughs may begin. */
static inline bool rc_index_is_open(const struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	return !index->is_opening;
}

/* Add slot @nr to the head of @list. */
static inline void rc_push(struct rc_index *index, u32 *list, u32 nr)
{
	index->slot[nr].next = *list;
	*list = nr;
}

/* Remove the head of @list. Return: the slot; 0 if the list is empty. */
static inline u32 rc_pop(struct rc_index *index, u32 *list)
{
	u32 nr = *list;

	if (nr)
		*list = index->slot[nr].next;
	return nr;
}

#endif
