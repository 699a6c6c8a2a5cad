// SPDX-License-Identifier: GPL-2.0-only
/*
 * Eviction by S3-FIFO.
 *
 * New blocks enter a small queue of a tenth of the cache. Only blocks that are hit there
 * move to the main queue, in which a hit block gets another round. Blocks that leave the
 * small queue are remembered as ghosts, 4 bytes each; a block with a ghost enters the
 * main queue directly. So a scan passes through the small queue alone, and a hit writes
 * one byte at most.
 *
 * rc_index.lock protects everything here.
 */
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "evict.h"
#include "index_types.h"

/* Slots that an eviction may spare before it takes the next one in any case. */
#define RC_EVICT_TRIES 128

/* One hold of the lock is enough to find a victim. */
static_assert(RC_HOLD_MOVES > RC_EVICT_TRIES);

/*
 * A ghost has 16 bits of the hash of its block, then 16 bits of time. 0 stands for no
 * ghost. The time has this many units per turnover of the cache at most.
 */
#define RC_GHOST_AGES 16384

static void rc_queue_add(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	struct rc_queue *queue = &index->queue[slot->queue];

	slot->prev = 0;
	slot->next = queue->head;
	if (queue->head)
		index->slot[queue->head].prev = nr;
	else
		queue->tail = nr;
	queue->head = nr;
	queue->nr++;
}

static void rc_queue_del(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	struct rc_queue *queue = &index->queue[slot->queue];

	if (slot->prev)
		index->slot[slot->prev].next = slot->next;
	else
		queue->head = slot->next;
	if (slot->next)
		index->slot[slot->next].prev = slot->prev;
	else
		queue->tail = slot->prev;
	queue->nr--;
}

static u32 *rc_ghost_set(struct rc_index *index, u64 block, u32 *ret_print)
{
	u64 hash = block * GOLDEN_RATIO_64;

	*ret_print = hash & 0xffff0000;
	return &index->ghost[(size_t)RC_GHOST_WAYS *
			     reciprocal_scale(hash >> 32, index->nr_ghost_sets)];
}

static u16 rc_ghost_now(const struct rc_index *index)
{
	/* Never 0, because 0 stands for no ghost. */
	return (index->ghost_clock >> index->ghost_shift) | 1;
}

static u16 rc_ghost_age(const struct rc_index *index, u32 ghost)
{
	return ghost ? (u16)(rc_ghost_now(index) - (u16)ghost) : U16_MAX;
}

/* True if fewer blocks than the cache has slots became ghosts since. */
static bool rc_ghost_is_young(const struct rc_index *index, u32 ghost)
{
	return rc_ghost_age(index, ghost) <= index->nr_slots >> index->ghost_shift;
}

/* Remember a block, in place of the oldest ghost of its set. */
static void rc_ghost_add(struct rc_index *index, u64 block)
{
	u32 print, *set = rc_ghost_set(index, block, &print);
	unsigned int way, oldest = 0;

	index->ghost_clock++;
	for (way = 1; way < RC_GHOST_WAYS; way++)
		if (rc_ghost_age(index, set[way]) > rc_ghost_age(index, set[oldest]))
			oldest = way;
	set[oldest] = print | rc_ghost_now(index);
}

/* Forget the ghost of a block. Return: true if a young one existed. */
static bool rc_ghost_take(struct rc_index *index, u64 block)
{
	u32 print, *set = rc_ghost_set(index, block, &print);
	unsigned int way;

	for (way = 0; way < RC_GHOST_WAYS; way++) {
		if (!set[way] || (set[way] & 0xffff0000) != print)
			continue;
		if (!rc_ghost_is_young(index, set[way]))
			continue;
		set[way] = 0;
		return true;
	}
	return false;
}

/* Return: the slot to evict; 0 if no slot is VALID, or *moves is used up. */
static u32 rc_choose(struct rc_index *index, u32 *moves)
{
	struct rc_queue *small = &index->queue[RC_SMALL], *main = &index->queue[RC_MAIN];
	unsigned int tries;

	for (tries = 0; tries < RC_EVICT_TRIES; tries++) {
		bool is_small = small->nr > index->nr_slots / 10 || !main->nr;
		u32 nr = is_small ? small->tail : main->tail;
		struct rc_slot *slot = &index->slot[nr];

		if (!nr || !*moves)
			return 0;
		--*moves;
		if (!slot->hits)
			break;
		rc_queue_del(index, nr);
		slot->hits = is_small ? 0 : slot->hits - 1;
		slot->queue = RC_MAIN;
		rc_queue_add(index, nr);
	}
	if (small->nr > index->nr_slots / 10 || !main->nr)
		return small->tail;
	return main->tail;
}

/**
 * rc_evict_victim() - Choose a slot to evict, and remember its block.
 * @index: the index, locked
 * @moves: number of slots to look at, at most; decreased by those that were looked at
 *
 * If nearly all blocks were hit, each eviction spares RC_EVICT_TRIES of them. @moves limits
 * the time of several evictions in one hold of the lock.
 *
 * Return: the slot, which the caller has to unlink; 0 if no slot is VALID, or if @moves is
 * used up.
 */
u32 rc_evict_victim(struct rc_index *index, u32 *moves)
{
	u32 nr = rc_choose(index, moves);

	if (nr && index->slot[nr].queue == RC_SMALL)
		rc_ghost_add(index, index->slot[nr].block);
	return nr;
}

/**
 * rc_evict_add() - Queue a slot that becomes VALID.
 * @index: the index, locked
 * @nr: the slot
 */
void rc_evict_add(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];

	lockdep_assert_held(&index->lock);
	if (slot->queue == RC_UNDECIDED)
		slot->queue = rc_ghost_take(index, slot->block) ? RC_MAIN : RC_SMALL;
	rc_queue_add(index, nr);
}

/**
 * rc_evict_del() - Remove a slot from its queue.
 * @index: the index, locked
 * @nr: the slot
 */
void rc_evict_del(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	rc_queue_del(index, nr);
}

/**
 * rc_evict_clear() - Remove all slots from their queues.
 * @index: the index, locked
 *
 * Ghosts stay. A ghost tells that a block was in use, and nothing of its content.
 */
void rc_evict_clear(struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	memset(index->queue, 0, sizeof(index->queue));
}

/**
 * rc_evict_init() - Set the unit of time of ghosts by the size of the index.
 * @index: the index
 */
void rc_evict_init(struct rc_index *index)
{
	while (index->nr_slots >> index->ghost_shift > RC_GHOST_AGES)
		index->ghost_shift++;
}
