// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash table of slots by block. Readers walk it inside an RCU read section;
 * rc_index.lock protects changes.
 */
#include "hash.h"

/**
 * rc_hash_find() - Look up the slot of a block.
 * @index: the index
 * @block: number of the block
 *
 * Context: RCU read section or rc_index.lock.
 * Return: the slot in any state; 0 if the block has none.
 */
u32 rc_hash_find(const struct rc_index *index, u64 block)
{
	u32 nr = READ_ONCE(*rc_bucket(index, block));

	while (nr && index->slot[nr].block != block)
		nr = READ_ONCE(index->slot[nr].hash_next);
	return nr;
}
