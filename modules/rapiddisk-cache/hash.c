// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of slots by block. Readers go through it inside an RCU read section; it is
 * changed under rc_index.lock.
 */
#include <linux/hash.h>
#include <linux/kernel.h>

#include "index.h"

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
 * rc_hash_find() - The slot of a block, whatever its state; 0 where there is none.
 *
 * Context: RCU read section or rc_index.lock.
 */
u32 rc_hash_find(const struct rc_index *index, u64 block)
{
	u32 nr = READ_ONCE(*rc_bucket(index, block));

	while (nr && index->slot[nr].block != block)
		nr = READ_ONCE(index->slot[nr].hash_next);
	return nr;
}

void rc_hash_add(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *bucket = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	WRITE_ONCE(slot->hash_next, *bucket);
	/* Readers must find the slot as it is now. */
	smp_store_release(bucket, nr);
}

/* Readers that are at the slot go on from it: its own link stays. */
void rc_hash_del(struct rc_index *index, u32 nr)
{
	struct rc_slot *slot = &index->slot[nr];
	u32 *link = rc_bucket(index, slot->block);

	lockdep_assert_held(&index->lock);
	while (*link != nr)
		link = &index->slot[*link].hash_next;
	WRITE_ONCE(*link, slot->hash_next);
}
