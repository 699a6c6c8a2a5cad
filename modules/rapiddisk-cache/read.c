// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads. A hit is copied and ended at once. A miss is sent to the source with the cache's
 * pages in the place of the caller's memory: a fill.
 */
#include "io.h"

/*
 * A read that misses goes to the source up to where this many blocks together are cached.
 */
#define RC_HIT_RUN 8

/* A fill of more bytes than this is copied by a worker if it ends in an interrupt. */
#define RC_COPY_IN_IRQ (4 * PAGE_SIZE)

/*
 * The page of a block that is cached. Context: RCU read section, as long as it is used.
 */
static inline struct rc_slot *rc_find_valid(const struct rc_index *index, u64 block)
{
	struct rc_slot *slot = &index->slot[rc_hash_find(index, block)];

	/* Slot 0, which is none, is never VALID. Pairs with rc_index_publish(). */
	return smp_load_acquire(&slot->state) == RC_VALID ? slot : NULL;
}

/* Copy what is cached, up to the first block that is not. Return: blocks. */
static u32 rc_read_cached(const struct rc_index *index, struct bio *bio, u32 nr)
{
	u64 pos = rc_bio_pos(bio), block = pos >> RC_BLOCK_SHIFT;
	size_t offset = pos & (RC_BLOCK_SIZE - 1);
	struct rd_vec vec;
	u32 i;

	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	for (i = 0; i < nr; i++, offset = 0) {
		struct rc_slot *slot = rc_find_valid(index, block + i);

		if (!slot)
			break;
		rc_copy(slot->page + offset, &vec, min(vec.left, RC_BLOCK_SIZE - offset),
			false);
		if (slot->hits < 3)
			WRITE_ONCE(slot->hits, slot->hits + 1);
	}
	return i;
}

/* How many of @nr blocks to read from the source, the first one being needed. */
static u32 rc_miss_run(const struct rc_index *index, u64 block, u32 nr)
{
	u32 i, hits = 0;

	for (i = 1; i < nr; i++) {
		hits = rc_find_valid(index, block + i) ? hits + 1 : 0;
		if (hits == RC_HIT_RUN)
			return i + 1 - hits;
	}
	return nr;
}

static bool rc_may_publish(struct rc_index *index, u64 block)
{
	return !rc_hash_find(index, block) && !*rc_writers(index, block);
}

/*
 * Is this read part of a stream that is too long to be cached? Only reads that miss come
 * here, and what is cached already in the middle of a stream does not end it.
 */
static bool rc_is_streaming(struct rc_index *index, const struct bio *bio)
{
	u64 sector = bio->bi_iter.bi_sector, sectors = bio_sectors(bio);
	u32 limit = READ_ONCE(index->cache->stream_limit), i;
	struct rc_stream *stream = index->stream;

	lockdep_assert_held(&index->lock);
	if (!limit)
		return false;
	/* The last one read from comes first; the one that nobody went on with goes. */
	for (i = 0; i < RC_STREAMS - 1; i++)
		if (stream[i].sectors &&
		    sector - stream[i].next_sector < RC_STREAM_GAP_SECTORS)
			break;
	if (stream[i].sectors && sector - stream[i].next_sector < RC_STREAM_GAP_SECTORS)
		sectors += stream[i].sectors;
	memmove(stream + 1, stream, i * sizeof(*stream));
	stream[0].next_sector = bio_end_sector(bio);
	stream[0].sectors = sectors;
	return sectors > limit;
}

/* Slots for the blocks of a read. Return: none of them can be filled, or there are no
 * slots. */
static bool rc_fill_begin(struct rc_index *index, struct rc_io *io, const struct bio *bio)
{
	bool is_any = false;
	u32 i;

	lockdep_assert_held(&index->lock);
	if (!rc_index_is_open(index) || rc_is_streaming(index, bio))
		return false;
	for (i = 0; i < io->nr && !is_any; i++)
		is_any = rc_may_publish(index, io->block + i);
	if (!is_any || !rc_slots_take(index, io->slot, io->nr, RC_STAT_REPLACEMENT))
		return false;
	for (i = 0; i < io->nr; i++)
		rc_index_add(index, io->slot[i], io->block + i,
			     rc_may_publish(index, io->block + i) ? RC_FILLING
								  : RC_BOUNCE);
	rc_io_begin(io, index, RC_IO_FILL);
	return true;
}

/* The slots of a fill that has ended; with @is_good they have their content. */
static void rc_fill_end(struct rc_io *io, bool is_good)
{
	struct rc_index *index = io->index;
	struct rc_cache *cache = index->cache;
	u32 i, filled = 0, cancelled = 0;
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	for (i = 0; i < io->nr; i++) {
		u32 nr = io->slot[i];

		if (index->slot[nr].state == RC_BOUNCE) {
			rc_slot_free(index, nr);
		} else if (index->slot[nr].state == RC_FILLING && is_good) {
			rc_index_publish(index, nr);
			filled++;
		} else {
			cancelled += index->slot[nr].state == RC_CANCELLED;
			rc_index_abort(index, nr);
		}
	}
	rc_count(cache, RC_STAT_FILLS, filled);
	rc_count(cache, RC_STAT_READ_INVALIDATES, cancelled);
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
	rc_io_free(io);
}

/* Hand what a fill has read to who asked, then to the cache. Context: any. */
static void rc_fill_finish(struct rc_io *io, struct bio *bio)
{
	size_t offset;
	struct rd_vec vec;
	u32 i;

	rc_io_restore(io, bio);
	offset = rc_bio_pos(bio) & (RC_BLOCK_SIZE - 1);
	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	/* Before they are published: from then on the pages are not ours any more. */
	for (i = 0; i < io->nr; i++, offset = 0)
		rc_copy(bvec_virt(&io->bvec[i]) + offset, &vec,
			min(vec.left, RC_BLOCK_SIZE - offset), false);
	rc_fill_end(io, true);
}

/* Send a read that failed as a fill once more, as it came. */
static void rc_fill_retry_work(struct work_struct *work)
{
	struct rc_io *io = container_of(work, struct rc_io, work);

	struct bio *bio = io->bio;

	bio->bi_status = BLK_STS_OK;
	/* Nobody polls for what a worker sends, and a worker may wait. */
	bio->bi_opf &= ~(REQ_POLLED | REQ_NOWAIT);
	bio_set_dev(bio, io->source);
	submit_bio_noacct(bio);
}

static void rc_fill_finish_work(struct work_struct *work)
{
	struct rc_io *io = container_of(work, struct rc_io, work);
	struct bio *bio = io->bio;

	rc_fill_finish(io, bio);
	io->kind = RC_IO_PLAIN;
	bio_endio(bio);
}

static int rc_io_defer(struct rc_io *io, struct rc_cache *cache, work_func_t func)
{
	io->source = cache->source->bdev;
	INIT_WORK(&io->work, func);
	queue_work(cache->workqueue, &io->work);
	return DM_ENDIO_INCOMPLETE;
}

int rc_end_fill(struct rc_io *io, struct bio *bio, blk_status_t status)
{
	struct rc_cache *cache = io->index->cache;
	u64 len = (u64)io->nr << RC_BLOCK_SHIFT;

	if (status != BLK_STS_OK) {
		bool is_larger = io->caller_iter.bi_size & (RC_BLOCK_SIZE - 1) ||
				 io->caller_iter.bi_sector & (RC_BLOCK_SECTORS - 1);

		rc_io_restore(io, bio);
		rc_fill_end(io, false);
		io->kind = RC_IO_PLAIN;
		/* What failed may be what was not asked for. */
		if (is_larger && status != BLK_STS_AGAIN)
			return rc_io_defer(io, cache, rc_fill_retry_work);
		return DM_ENDIO_DONE;
	}
	if (len > RC_COPY_IN_IRQ && (!in_task() || irqs_disabled()))
		return rc_io_defer(io, cache, rc_fill_finish_work);
	rc_fill_finish(io, bio);
	return DM_ENDIO_DONE;
}

/* Context: RCU read section. Return: whether the bio has been made a fill. */
static bool rc_fill(struct rc_cache *cache, struct rc_index *index, struct rc_io *io,
		    struct bio *bio, u32 nr)
{
	u64 pos, end;
	unsigned long flags;
	bool is_filling;
	u32 i;

	io->block = rc_bio_pos(bio) >> RC_BLOCK_SHIFT;
	if (!rc_io_alloc(io, nr))
		return false;
	rc_slots_stock(index, nr);
	spin_lock_irqsave(&index->lock, flags);
	is_filling = rc_fill_begin(index, io, bio);
	spin_unlock_irqrestore(&index->lock, flags);
	if (!is_filling) {
		rc_io_free(io);
		return false;
	}
	pos = io->block << RC_BLOCK_SHIFT;
	end = rc_block_end(cache, io->block + nr - 1);
	for (i = 0; i < nr; i++)
		bvec_set_virt(&io->bvec[i], index->slot[io->slot[i]].page, RC_BLOCK_SIZE);
	io->bvec[nr - 1].bv_len = end - ((io->block + nr - 1) << RC_BLOCK_SHIFT);
	rc_io_swap_memory(io, bio, pos, end);
	return true;
}

static int rc_read_missed(struct rc_cache *cache, struct rc_index *index,
			  struct rc_io *io, struct bio *bio, u32 nr)
{
	u64 block = rc_bio_pos(bio) >> RC_BLOCK_SHIFT;

	rc_count(cache, RC_STAT_MISSES, 1);
	if (!(bio->bi_opf & REQ_NOWAIT)) {
		nr = rc_miss_run(index, block, nr);
		rc_bio_cut(bio, block + nr);
	}
	if (!rc_may_swap(cache, bio, nr) || !rc_fill(cache, index, io, bio, nr))
		rc_count(cache, RC_STAT_UNCACHED_READS, 1);
	return rc_send(cache, bio);
}

int rc_map_read(struct rc_cache *cache, struct rc_io *io, struct bio *bio)
{
	u32 nr = rc_nr_blocks(rc_bio_pos(bio), bio->bi_iter.bi_size), cached;
	struct rc_index *index;
	int ret;

	rcu_read_lock();
	index = rcu_dereference(cache->index);
	if (unlikely(!index)) {
		rcu_read_unlock();
		rc_count(cache, RC_STAT_READS_PASSED, 1);
		rc_count(cache, RC_STAT_BYPASSED, 1);
		return rc_send(cache, bio);
	}
	if (unlikely(nr > RC_IO_BLOCKS) && !(bio->bi_opf & REQ_NOWAIT)) {
		nr = RC_IO_BLOCKS;
		rc_bio_cut(bio, (rc_bio_pos(bio) >> RC_BLOCK_SHIFT) + nr);
	}
	cached = rc_read_cached(index, bio, nr);
	/* One that may not be cut is cached as a whole, or read from the source. */
	if (unlikely(!cached || (cached < nr && bio->bi_opf & REQ_NOWAIT))) {
		ret = rc_read_missed(cache, index, io, bio, nr);
		rcu_read_unlock();
		return ret;
	}
	rcu_read_unlock();

	rc_count(cache, RC_STAT_CACHE_READS, cached);
	if (likely(cached == nr)) {
		rc_count(cache, RC_STAT_HITS, 1);
	} else {
		rc_count(cache, RC_STAT_PARTIAL_HITS, 1);
		rc_bio_cut(bio, (rc_bio_pos(bio) >> RC_BLOCK_SHIFT) + cached);
	}
	bio_endio(bio);
	return DM_MAPIO_SUBMITTED;
}
