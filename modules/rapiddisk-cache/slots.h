/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots that are free, slots that are retired, and the way from VALID to there. Inline as
 * in hash.h, for the same reason.
 */
#ifndef RAPIDDISK_CACHE_SLOTS_H
#define RAPIDDISK_CACHE_SLOTS_H

#include <linux/lockdep.h>
#include <linux/types.h>

#include "evict.h"
#include "hash.h"
#include "index_types.h"

void rc_slots_stock(struct rc_index *index, u32 nr);
bool rc_slots_take(struct rc_index *index, u32 *ret_slots, u32 nr, enum rc_stat cause);
void rc_slots_make_room(struct rc_index *index, enum rc_stat cause);
void rc_slots_room_work(struct work_struct *work);
u32 rc_slots_unlink_victim(struct rc_index *index, enum rc_stat cause, u32 *moves);
void rc_reclaim_start(struct rc_index *index);
void rc_slot_free(struct rc_index *index, u32 nr);
void *rc_slot_take_page(struct rc_index *index, struct rc_slot *slot);
void rc_pages_free(struct rc_index *index, void *const *page, u32 nr);
void rc_slots_tell(struct rc_index *index);
bool rc_slots_are_shrinkable(const struct rc_cache *cache);
unsigned long rc_slots_free_pages(struct rc_index *index, unsigned long nr);
bool rc_slots_are_reclaiming(struct rc_index *index);
void rc_slots_settle(struct rc_index *index);
void rc_slots_reclaim_work(struct work_struct *work);

/**
 * rc_slot_unlink() - Remove a VALID slot from the hash table and its eviction queue.
 * @index: the index, locked
 * @nr: the slot, owned by the caller afterwards
 */
static inline void rc_slot_unlink(struct rc_index *index, u32 nr)
{
	rc_hash_del(index, nr);
	rc_evict_del(index, nr);
	WRITE_ONCE(index->nr_valid, index->nr_valid - 1);
}

/**
 * rc_slot_retire() - Free a slot after an RCU grace period.
 * @index: the index, locked
 * @nr: a slot that lookups no longer find
 */
static inline void rc_slot_retire(struct rc_index *index, u32 nr)
{
	lockdep_assert_held(&index->lock);
	WRITE_ONCE(index->slot[nr].state, RC_RETIRED);
	rc_push(index, &index->retired_new, nr);
	index->nr_retired++;
	if (!index->is_reclaiming)
		rc_reclaim_start(index);
}

#endif
