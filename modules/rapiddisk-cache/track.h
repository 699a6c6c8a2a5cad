/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes in flight that have no WRITING slot: small ones and single blocks by counters,
 * larger ones by ranges of blocks.
 */
#ifndef RAPIDDISK_CACHE_TRACK_H
#define RAPIDDISK_CACHE_TRACK_H

#include <linux/rbtree.h>
#include <linux/types.h>

#include "index_types.h"

struct rc_io;

void rc_range_add(struct rc_index *index, struct rc_io *io);
void rc_range_del(struct rc_index *index, struct rc_io *io);
u64 rc_range_run(struct rc_index *index, u64 block);

/**
 * rc_tracked_run() - Count the blocks from @block on that a tracked write may change.
 * @index: the index, locked
 * @block: number of the first block
 *
 * Does not see a write that has the slot of @block in WRITING. Two blocks may share a
 * counter, so the result can be 1 for a block that no write changes.
 *
 * Return: 0 if no tracked write to @block is in flight; otherwise a number of blocks that
 * must not be published, at least 1.
 */
static inline u64 rc_tracked_run(struct rc_index *index, u64 block)
{
	lockdep_assert_held(&index->lock);
	if (*rc_writers(index, block))
		return 1;
	if (likely(RB_EMPTY_ROOT(&index->ranges.rb_root)))
		return 0;
	return rc_range_run(index, block);
}

#endif
