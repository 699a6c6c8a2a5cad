// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes, discards and write-zeroes. A write-through sends a copy in pages of the cache.
 * Any other write goes to the source unchanged, and is tracked until it ends.
 */
#include "write.h"
#include "hash.h"
#include "index.h"
#include "io.h"
#include "slots.h"
#include "track.h"

/* One hold of the lock is enough to begin or end a write that counts in its blocks. */
static_assert(RC_COUNTED_BLOCKS <= RC_HOLD_BLOCKS);

/*
 * Remove a block from the index for a write.
 *
 * Return: the slot if it was VALID, otherwise 0. Its page stays readable in the current
 * RCU read section.
 */
static u32 rc_write_invalidate(struct rc_index *index, u64 block)
{
	u32 nr = rc_hash_find(index, block);
	bool is_valid = nr && index->slot[nr].state == RC_VALID;

	if (nr)
		rc_index_invalidate(index, nr);
	return is_valid ? nr : 0;
}

/*
 * Remove the blocks of a tracked write from @first on from the index, RC_HOLD_BLOCKS at
 * most. Context: rc_index.lock.
 */
static void rc_track_drop(struct rc_index *index, const struct rc_io *io, u32 first)
{
	u32 i, stop = min(first + RC_HOLD_BLOCKS, io->nr), dropped = 0;

	for (i = first; i < stop; i++)
		dropped += !!rc_write_invalidate(index, io->block + i);
	rc_count(index->cache, RC_STAT_WRITE_INVALIDATES, dropped);
}

/**
 * rc_end_tracked() - End a write that counted in rc_index.writers.
 * @io: data of the bio
 *
 * Context: any.
 */
void rc_end_tracked(struct rc_io *io)
{
	struct rc_index *index = io->index;
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&index->lock, flags);
	for (i = 0; i < io->nr; i++)
		--*rc_writers(index, io->block + i);
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
}

/**
 * rc_end_range() - End a write that had its range in rc_index.ranges.
 * @io: data of the bio
 *
 * Context: any.
 */
void rc_end_range(struct rc_io *io)
{
	struct rc_index *index = io->index;
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	rc_range_del(index, io);
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
}

/**
 * rc_end_untracked() - End a write that began without an index.
 * @cache: the cache
 *
 * Context: any.
 */
void rc_end_untracked(struct rc_cache *cache)
{
	if (atomic_dec_and_test(&cache->untracked))
		wake_up(&cache->wait);
}

/*
 * Add block @i of a write-through to the index: as WRITING if the block is written as a
 * whole or was cached, and no other write to it is in flight; otherwise as BOUNCE.
 *
 * Context: rc_index.lock.
 */
static void rc_write_through_add(struct rc_index *index, struct rc_io *io, u32 i,
				 bool is_whole, u32 *ret_base)
{
	u64 block = io->block + i;
	struct rc_slot *slot = &index->slot[io->slot[i]];
	bool was_free;
	u32 base;

	/* A write-through in flight is cancelled, and counts from here on. */
	base = rc_write_invalidate(index, block);
	was_free = !rc_tracked_run(index, block);
	if (base) {
		slot->queue = index->slot[base].queue;
		slot->hits = index->slot[base].hits;
	}
	*ret_base = 0;
	if (was_free && (is_whole || base)) {
		rc_index_add(index, io->slot[i], block, RC_WRITING);
		*ret_base = is_whole ? 0 : base;
	} else {
		rc_index_add(index, io->slot[i], block, RC_BOUNCE);
		++*rc_writers(index, block);
	}
	if (unlikely(base && !was_free))
		rc_count(index->cache, RC_STAT_WRITE_INVALIDATES, 1);
}

/* True if a write from @pos to @end covers the block. */
static bool rc_is_whole(const struct rc_cache *cache, u64 block, u64 pos, u64 end)
{
	return pos <= block << RC_BLOCK_SHIFT && end >= rc_block_end(cache, block);
}

/* A write-through: its range in bytes, and the slots with the rest of its edges, or 0. */
struct rc_through {
	u64 pos;
	u64 end;
	u32 first_base;
	u32 last_base;
};

/*
 * Add the blocks of a write-through from @first on to the index, RC_HOLD_BLOCKS at most.
 * Context: rc_index.lock.
 */
static void rc_write_through_add_some(struct rc_index *index, struct rc_io *io, u32 first,
				      struct rc_through *through)
{
	u32 i, stop = min(first + RC_HOLD_BLOCKS, io->nr), base;

	for (i = first; i < stop; i++) {
		rc_write_through_add(index, io, i,
				     rc_is_whole(index->cache, io->block + i,
						 through->pos, through->end),
				     &base);
		/* Only the first and the last block can be written in part. */
		if (!i)
			through->first_base = base;
		else if (i == io->nr - 1)
			through->last_base = base;
	}
}

/*
 * Take slots for a write-through and add its blocks to the index.
 *
 * Context: RCU read section.
 * Return: false if the write has to be tracked instead.
 */
static bool rc_write_through_begin(struct rc_index *index, struct rc_io *io,
				   struct rc_through *through)
{
	unsigned long flags;
	bool is_through;
	u32 i;

	spin_lock_irqsave(&index->lock, flags);
	is_through = rc_index_is_open(index) &&
		     rc_slots_take(index, io->slot, io->nr, RC_STAT_WRITE_REPLACEMENT);
	if (is_through) {
		rc_io_begin(io, index, RC_IO_WRITE_THROUGH);
		rc_write_through_add_some(index, io, 0, through);
	}
	spin_unlock_irqrestore(&index->lock, flags);
	for (i = RC_HOLD_BLOCKS; is_through && i < io->nr; i += RC_HOLD_BLOCKS) {
		spin_lock_irqsave(&index->lock, flags);
		rc_write_through_add_some(index, io, i, through);
		rc_slots_make_room(index, RC_STAT_WRITE_REPLACEMENT);
		spin_unlock_irqrestore(&index->lock, flags);
	}
	return is_through;
}

/*
 * Publish the blocks of a write-through from @first on, RC_HOLD_BLOCKS at most, or drop
 * them unless @is_good. Context: rc_index.lock.
 */
static void rc_write_through_publish(struct rc_index *index, const struct rc_io *io,
				     u32 first, bool is_good)
{
	u32 i, stop = min(first + RC_HOLD_BLOCKS, io->nr), written = 0;

	for (i = first; i < stop; i++) {
		u32 nr = io->slot[i];

		switch (index->slot[nr].state) {
		case RC_WRITING:
			if (is_good) {
				rc_index_publish(index, nr);
				written++;
			} else {
				rc_index_abort(index, nr);
			}
			break;
		case RC_BOUNCE:
			--*rc_writers(index, io->block + i);
			rc_slot_free(index, nr);
			break;
		default:
			--*rc_writers(index, io->block + i);
			rc_index_abort(index, nr);
		}
	}
	rc_count(index->cache, RC_STAT_CACHE_WRITES, written);
}

/**
 * rc_end_write_through() - Publish the blocks of a write-through, or drop them on an
 * error.
 * @io: data of the bio
 * @bio: the clone
 * @status: status of the source
 *
 * Context: any.
 */
void rc_end_write_through(struct rc_io *io, struct bio *bio, blk_status_t status)
{
	struct rc_index *index = io->index;
	unsigned long flags;
	u32 i;

	rc_io_restore(io, bio);
	for (i = 0; i < io->nr; i += RC_HOLD_BLOCKS) {
		spin_lock_irqsave(&index->lock, flags);
		rc_write_through_publish(index, io, i, status == BLK_STS_OK);
		if (io->nr - i <= RC_HOLD_BLOCKS)
			rc_index_unpin(index);
		spin_unlock_irqrestore(&index->lock, flags);
	}
	rc_io_free(io);
}

/*
 * Copy the data of a write to the pages that go to the source. Context: RCU read section.
 */
static void rc_write_copy(struct rc_index *index, struct rc_io *io, struct bio *bio,
			  const struct rc_through *through)
{
	size_t offset = rc_bio_pos(bio) & (RC_BLOCK_SIZE - 1), len;
	struct rd_vec vec;
	u32 i;

	/*
	 * The rest of blocks that are written in part. The RCU read section keeps the
	 * retired pages.
	 */
	if (through->first_base)
		copy_page(index->slot[io->slot[0]].page,
			  index->slot[through->first_base].page);
	if (through->last_base)
		copy_page(index->slot[io->slot[io->nr - 1]].page,
			  index->slot[through->last_base].page);
	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	for (i = 0; i < io->nr; i++, offset = 0) {
		void *page = index->slot[io->slot[i]].page;

		len = min(vec.left, RC_BLOCK_SIZE - offset);
		bvec_set_virt(&io->bvec[i], page + offset, len);
		rc_copy(page + offset, &vec, len, true);
	}
}

/*
 * Turn a write into a write-through.
 *
 * Context: RCU read section.
 * Return: false if the write has to be tracked instead.
 */
static bool rc_write_through(struct rc_cache *cache, struct rc_index *index,
			     struct rc_io *io, struct bio *bio)
{
	struct rc_through through = {
		.pos = rc_bio_pos(bio),
		.end = bio_end_sector(bio) << SECTOR_SHIFT,
	};

	if (!rc_io_alloc(io, io->nr))
		return false;
	rc_slots_stock(index, io->nr);
	if (!rc_write_through_begin(index, io, &through)) {
		rc_io_free(io);
		return false;
	}
	rc_write_copy(index, io, bio, &through);
	rc_io_swap_memory(io, bio, through.pos, through.end);
	return true;
}

/* Begin a write that counts in each of its blocks. Context: RCU read section. */
static void rc_track_begin(struct rc_index *index, struct rc_io *io)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&index->lock, flags);
	rc_io_begin(io, index, RC_IO_TRACKED);
	rc_track_drop(index, io, 0);
	for (i = 0; i < io->nr; i++)
		++*rc_writers(index, io->block + i);
	spin_unlock_irqrestore(&index->lock, flags);
}

/*
 * True if it takes too long to remove the blocks of a discard or write-zeroes one by one.
 * rc_index_drop(), which may sleep, removes them after the RCU read section, but before the
 * bio is sent. The index is pinned and outlasts the section.
 */
static bool rc_write_is_wide(const struct rc_io *io)
{
	return io->kind == RC_IO_RANGE && io->nr > RC_IO_BLOCKS;
}

/*
 * Begin a write with its range in the index. Once the range is there, nobody adds a slot for
 * one of its blocks that a lookup finds. So the lock may be released while the blocks are
 * removed.
 *
 * Context: RCU read section.
 */
static void rc_range_begin(struct rc_index *index, struct rc_io *io)
{
	unsigned long flags;
	u32 i;

	spin_lock_irqsave(&index->lock, flags);
	rc_io_begin(io, index, RC_IO_RANGE);
	rc_range_add(index, io);
	spin_unlock_irqrestore(&index->lock, flags);
	for (i = 0; !rc_write_is_wide(io) && i < io->nr; i += RC_HOLD_BLOCKS) {
		spin_lock_irqsave(&index->lock, flags);
		rc_track_drop(index, io, i);
		spin_unlock_irqrestore(&index->lock, flags);
	}
}

/*
 * True if the source accepts pages of the cache as memory of the write. The first segment
 * begins as far into its page as the write into its block, all others at the start of a
 * page.
 */
static bool rc_write_is_aligned(const struct rc_cache *cache, const struct bio *bio)
{
	size_t offset = rc_bio_pos(bio) & (RC_BLOCK_SIZE - 1);

	return likely(!offset) || !(offset & bdev_dma_alignment(cache->source->bdev));
}

/*
 * Begin a write in the index: as write-through, or tracked by counters or by a range.
 * Context: RCU read section.
 */
static void rc_write_begin(struct rc_cache *cache, struct rc_index *index,
			   struct rc_io *io, struct bio *bio)
{
	io->block = rc_bio_pos(bio) >> RC_BLOCK_SHIFT;
	io->nr = rc_nr_blocks(rc_bio_pos(bio), bio->bi_iter.bi_size);
	if (bio_op(bio) == REQ_OP_WRITE) {
		if (io->nr > RC_IO_BLOCKS) {
			io->nr = RC_IO_BLOCKS;
			rc_bio_cut(bio, io->block + io->nr);
		}
		/* A page that is swapped out frees memory. Do not take memory for it. */
		if (cache->mode == RC_WRITE_THROUGH && !(bio->bi_opf & REQ_SWAP) &&
		    rc_write_is_aligned(cache, bio) &&
		    rc_write_through(cache, index, io, bio))
			return;
	}
	rc_count(cache, RC_STAT_UNCACHED_WRITES, 1);
	if (io->nr > RC_COUNTED_BLOCKS)
		rc_range_begin(index, io);
	else
		rc_track_begin(index, io);
}

/* True if the bio has REQ_NOWAIT and would have to wait or to be cut. */
static bool rc_write_would_block(const struct rc_cache *cache, const struct bio *bio)
{
	u32 nr;

	if (likely(!(bio->bi_opf & REQ_NOWAIT)))
		return false;
	/* A discard may have to drop a large part of the index, which sleeps. */
	if (bio_op(bio) != REQ_OP_WRITE)
		return true;
	nr = rc_nr_blocks(rc_bio_pos(bio), bio->bi_iter.bi_size);
	return nr > RC_IO_BLOCKS ||
	       (cache->mode == RC_WRITE_THROUGH && !rc_may_swap(cache, bio, nr));
}

/**
 * rc_map_write() - Begin a WRITE, DISCARD or WRITE_ZEROES, and send it to the source.
 * @cache: the cache
 * @io: data of the bio
 * @bio: the clone
 *
 * Context: may sleep, unless the bio has REQ_NOWAIT.
 * Return: the result of .map.
 */
int rc_map_write(struct rc_cache *cache, struct rc_io *io, struct bio *bio)
{
	struct rc_index *index;

	rcu_read_lock();
	index = rcu_dereference(cache->index);
	if (unlikely(index && rc_write_would_block(cache, bio))) {
		rcu_read_unlock();
		bio_wouldblock_error(bio);
		return DM_MAPIO_SUBMITTED;
	}
	rc_count(cache, RC_STAT_WRITES, 1);
	if (likely(index)) {
		rc_write_begin(cache, index, io, bio);
	} else {
		atomic_inc(&cache->untracked);
		io->kind = RC_IO_UNTRACKED;
		rc_count(cache, RC_STAT_BYPASSED, 1);
	}
	rcu_read_unlock();
	if (unlikely(rc_write_is_wide(io)))
		rc_index_drop(index, io->block, io->block + io->nr - 1);
	return rc_send(cache, bio);
}
