/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hash table of slots by block. Readers walk it inside an RCU read section;
 * rc_index.lock protects changes. Inline, because each read of a block calls a function
 * here, and each write of a cached block calls several.
 */
#ifndef RAPIDDISK_CACHE_HASH_H
#define RAPIDDISK_CACHE_HASH_H

#include <linux/hash.h>
#include <linux/kernel.h>

#include "index_types.h"

/*
 * Return the bucket of @block. The upper bits of the hash choose a group of buckets; the
 * lower bits permute the buckets inside the group. Blocks at equal distances, such as a
 * stride of RC_GROUP_BLOCKS, therefore do not all fall on one position. The permutation
 * is the same for all blocks of a group, so these blocks stay in few cache lines.
 */
static inline u32 *rc_bucket(const struct rc_index *index, u64 block)
{
	u32 hash = hash_64(block >> RC_GROUP_SHIFT, 32);
	u32 group = reciprocal_scale(hash, index->nr_groups);

	return &index->bucket[((size_t)group << RC_GROUP_SHIFT) +
			      ((block ^ hash) & (RC_GROUP_BLOCKS - 1))];
}

/**
 * rc_hash_add() - Make a slot visible to lookups.
 * @index: the index, locked
 * @nr: the slot, with its block set
 */
static inline void rc_hash_add(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *bucket = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	WRITE_ONCE(slot->hash_next, *bucket);
	/* Pairs with READ_ONCE() in rc_hash_find(): readers see the slot as it is now. */
	smp_store_release(bucket, nr);
}

/**
 * rc_hash_del() - Remove a slot from the table.
 * @index: the index, locked
 * @nr: the slot
 *
 * The slot keeps its own link, so that readers that are at the slot can walk on.
 */
static inline void rc_hash_del(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *link = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	while (*link != nr)
		link = &index->slot[*link].hash_next;
	WRITE_ONCE(*link, slot->hash_next);
}

/**
 * rc_hash_find() - Look up the slot of a block.
 * @index: the index
 * @block: number of the block
 *
 * Context: RCU read section or rc_index.lock.
 * Return: the slot in any state; 0 if the block has none.
 */
static inline u32 rc_hash_find(const struct rc_index *index, u64 block)
{
	u32 nr = READ_ONCE(*rc_bucket(index, block));

	while (nr && index->slot[nr].block != block)
		nr = READ_ONCE(index->slot[nr].hash_next);
	return nr;
}

#endif
