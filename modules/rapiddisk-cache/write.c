// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes, and what else changes the source. One through the cache sends a copy in the
 * cache's pages; everything else is sent on as it is, and tracked until it has ended.
 */
#include "io.h"

/* A write of more blocks counts in rc_index.nr_wide. */
#define RC_WIDE_BLOCKS RC_WRITERS

/* A tracked write counts in each counter once at most. */
static_assert(RC_WIDE_BLOCKS <= RC_WRITERS);
/* A write that is cut for the cache is never a wide one. */
static_assert(RC_IO_BLOCKS <= RC_WIDE_BLOCKS);

/*
 * Take a block out of the index for a write. Return: its slot, whose page stays readable
 * in this RCU read section, if it was VALID; else 0.
 */
static u32 rc_write_invalidate(struct rc_index *index, u64 block)
{
	u32 nr = rc_hash_find(index, block);
	bool is_valid = nr && index->slot[nr].state == RC_VALID;

	if (nr)
		rc_index_invalidate(index, nr);
	return is_valid ? nr : 0;
}

/* Count a write in all its blocks. Context: index->lock. */
static void rc_track(struct rc_index *index, struct rc_io *io)
{
	u32 i, dropped = 0;

	for (i = 0; i < io->nr; i++) {
		dropped += !!rc_write_invalidate(index, io->block + i);
		++*rc_writers(index, io->block + i);
	}
	rc_count(index->cache, RC_STAT_WRITE_INVALIDATES, dropped);
	rc_io_begin(io, index, RC_IO_TRACKED);
}

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

void rc_end_wide(struct rc_io *io)
{
	struct rc_index *index = io->index;
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	index->nr_wide--;
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
}

void rc_end_untracked(struct rc_cache *cache)
{
	if (atomic_dec_and_test(&cache->untracked))
		wake_up(&cache->wait);
}

/*
 * A write of very many blocks: from this moment on nothing is published at all, so that
 * the blocks can be looked at once, after it, and the lock be given up on the way.
 *
 * Context: RCU read section; the index stays beyond it, as something is under way there.
 */
static void rc_wide_begin(struct rc_index *index, struct rc_io *io)
{
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	index->nr_wide++;
	rc_io_begin(io, index, RC_IO_WIDE);
	spin_unlock_irqrestore(&index->lock, flags);
}

/* The slots of a write through and its blocks' state. Context: index->lock. */
static void rc_write_through_add(struct rc_index *index, struct rc_io *io, u32 i,
				 bool is_whole, u32 *ret_base)
{
	u64 block = io->block + i;
	bool was_free = !*rc_writers(index, block);
	struct rc_slot *slot = &index->slot[io->slot[i]];
	u32 base;

	/* The write that is there already counts from here on. */
	base = rc_write_invalidate(index, block);
	was_free = was_free && !*rc_writers(index, block);
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
	rc_count(index->cache, RC_STAT_WRITE_INVALIDATES, base && !was_free);
}

static bool rc_is_whole(const struct rc_cache *cache, u64 block, u64 pos, u64 end)
{
	return pos <= block << RC_BLOCK_SHIFT && end >= rc_block_end(cache, block);
}

static bool rc_write_through_begin(struct rc_index *index, struct rc_io *io, u64 pos,
				   u64 end, u32 *ret_first_base, u32 *ret_last_base)
{
	struct rc_cache *cache = index->cache;
	u32 i, base;

	lockdep_assert_held(&index->lock);
	*ret_first_base = 0;
	*ret_last_base = 0;
	if (cache->mode != RC_WRITE_THROUGH || !rc_index_is_open(index) ||
	    !rc_slots_take(index, io->slot, io->nr, RC_STAT_WRITE_REPLACEMENT))
		return false;
	for (i = 0; i < io->nr; i++) {
		rc_write_through_add(index, io, i,
				     rc_is_whole(cache, io->block + i, pos, end), &base);
		/* Only the edges can be parts of blocks. */
		if (!i)
			*ret_first_base = base;
		else if (i == io->nr - 1)
			*ret_last_base = base;
	}
	rc_io_begin(io, index, RC_IO_WRITE_THROUGH);
	return true;
}

void rc_end_write_through(struct rc_io *io, struct bio *bio, blk_status_t status)
{
	struct rc_index *index = io->index;
	unsigned long flags;
	u32 i, written = 0;

	rc_io_restore(io, bio);
	spin_lock_irqsave(&index->lock, flags);
	for (i = 0; i < io->nr; i++) {
		u32 nr = io->slot[i];

		switch (index->slot[nr].state) {
		case RC_WRITING:
			if (status == BLK_STS_OK) {
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
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
	rc_io_free(io);
}

/* Copy what is to be written to our pages, which then go to the source. */
static void rc_write_copy(struct rc_index *index, struct rc_io *io, struct bio *bio,
			  u32 first_base, u32 last_base)
{
	size_t offset = rc_bio_pos(bio) & (RC_BLOCK_SIZE - 1), len;
	struct rd_vec vec;
	u32 i;

	/* The rest of blocks that are written in part. Their pages are still there: see
	 * RCU. */
	if (first_base)
		copy_page(index->slot[io->slot[0]].page, index->slot[first_base].page);
	if (last_base)
		copy_page(index->slot[io->slot[io->nr - 1]].page,
			  index->slot[last_base].page);
	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	for (i = 0; i < io->nr; i++, offset = 0) {
		void *page = index->slot[io->slot[i]].page;

		len = min(vec.left, RC_BLOCK_SIZE - offset);
		bvec_set_virt(&io->bvec[i], page + offset, len);
		rc_copy(page + offset, &vec, len, true);
	}
}

/* Context: RCU read section. Return: whether the bio sends pages of ours. */
static bool rc_write_through(struct rc_cache *cache, struct rc_index *index,
			     struct rc_io *io, struct bio *bio)
{
	u64 pos = rc_bio_pos(bio), end = pos + bio->bi_iter.bi_size;
	u32 first_base, last_base;
	unsigned long flags;
	bool is_through;

	if (!rc_io_alloc(io, io->nr))
		return false;
	rc_slots_stock(index, io->nr);
	spin_lock_irqsave(&index->lock, flags);
	is_through = rc_write_through_begin(index, io, pos, end, &first_base, &last_base);
	spin_unlock_irqrestore(&index->lock, flags);
	if (!is_through) {
		rc_io_free(io);
		return false;
	}
	rc_write_copy(index, io, bio, first_base, last_base);
	rc_io_swap_memory(io, bio, pos, end);
	return true;
}

static void rc_track_begin(struct rc_index *index, struct rc_io *io)
{
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	rc_track(index, io);
	spin_unlock_irqrestore(&index->lock, flags);
}

/* Take care that the index knows of a write. Context: RCU read section. */
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
		if (cache->mode == RC_WRITE_THROUGH &&
		    rc_write_through(cache, index, io, bio))
			return;
	}
	rc_count(cache, RC_STAT_UNCACHED_WRITES, 1);
	if (io->nr > RC_WIDE_BLOCKS)
		rc_wide_begin(index, io);
	else
		rc_track_begin(index, io);
}

/* Would this write have to wait, or to be cut, and must not? */
static bool rc_write_would_block(const struct rc_cache *cache, const struct bio *bio)
{
	u32 nr;

	if (likely(!(bio->bi_opf & REQ_NOWAIT)))
		return false;
	/* What may have to look at the whole index may have to wait. */
	if (bio_op(bio) != REQ_OP_WRITE)
		return true;
	nr = rc_nr_blocks(rc_bio_pos(bio), bio->bi_iter.bi_size);
	return nr > RC_IO_BLOCKS ||
	       (cache->mode == RC_WRITE_THROUGH && !rc_may_swap(cache, bio, nr));
}

/* WRITE, DISCARD, WRITE_ZEROES. */
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
	if (unlikely(io->kind == RC_IO_WIDE))
		rc_index_drop(index, io->block, io->block + io->nr - 1);
	return rc_send(cache, bio);
}
