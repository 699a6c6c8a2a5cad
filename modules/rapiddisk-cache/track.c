// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of the ranges that large writes in flight may change. A node is a part of the
 * per-bio data, so a range needs no memory of its own. Ranges may overlap.
 */
#include <linux/interval_tree_generic.h>

#include "io.h"
#include "track.h"

static inline u64 rc_range_first(const struct rc_io *io)
{
	return io->block;
}

static inline u64 rc_range_last(const struct rc_io *io)
{
	return io->block + io->nr - 1;
}

INTERVAL_TREE_DEFINE(struct rc_io, range.node, u64, range.subtree_last, rc_range_first,
		     rc_range_last, static inline __maybe_unused, rc_range_tree)

/**
 * rc_range_add() - Prevent that the blocks of a write are published.
 * @index: the index, locked
 * @io: data of the bio, with the blocks set
 *
 * Slots that the blocks have already are not affected.
 */
void rc_range_add(struct rc_index *index, struct rc_io *io)
{
	lockdep_assert_held(&index->lock);
	rc_range_tree_insert(io, &index->ranges);
}

/**
 * rc_range_del() - Remove what rc_range_add() added.
 * @index: the index, locked
 * @io: data of the bio
 */
void rc_range_del(struct rc_index *index, struct rc_io *io)
{
	lockdep_assert_held(&index->lock);
	rc_range_tree_remove(io, &index->ranges);
}

/**
 * rc_range_run() - Count the blocks from @block on in a range.
 * @index: the index, locked
 * @block: number of the first block
 *
 * Return: the number of blocks up to the end of one of the ranges that contain @block; 0 if
 * none does.
 */
u64 rc_range_run(struct rc_index *index, u64 block)
{
	const struct rc_io *io;

	lockdep_assert_held(&index->lock);
	io = rc_range_tree_iter_first(&index->ranges, block, block);
	return io ? rc_range_last(io) - block + 1 : 0;
}
