// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads. A hit is copied and ended at once. A miss becomes a fill: the read goes to the
 * source with pages of the cache in place of the caller's memory.
 */
#include "read.h"
#include "hash.h"
#include "index.h"
#include "io.h"
#include "slots.h"
#include "track.h"

/* A read that misses goes to the source up to a run of this many cached blocks. */
#define RC_HIT_RUN 8

/* A larger fill that ends in an interrupt is copied by a worker. */
#define RC_COPY_IN_IRQ (4 * PAGE_SIZE)

/*
 * Look up a VALID slot.
 *
 * Context: RCU read section, which must last as long as the page is used.
 * Return: the slot; NULL if the block is not cached.
 */
static inline struct rc_slot *rc_find_valid(const struct rc_index *index, u64 block)
{
	struct rc_slot *slot = &index->slot[rc_hash_find(index, block)];

	/* Slot 0 is never VALID. Pairs with rc_index_publish(). */
	return smp_load_acquire(&slot->state) == RC_VALID ? slot : NULL;
}

/*
 * Note a read of a part of a block: @len bytes at @offset. Return: false if the read
 * continues the previous one, so that the two are one use of the block.
 */
static bool rc_note_part(struct rc_slot *slot, size_t offset, size_t len)
{
	bool is_new = offset >> SECTOR_SHIFT != READ_ONCE(slot->part_end);

	WRITE_ONCE(slot->part_end, (offset + len) >> SECTOR_SHIFT);
	return is_new;
}

/* Copy cached blocks up to the first miss. Return: the number of blocks copied. */
static u32 rc_read_cached(const struct rc_index *index, struct bio *bio, u32 nr)
{
	u64 pos = rc_bio_pos(bio), block = pos >> RC_BLOCK_SHIFT;
	size_t offset = pos & (RC_BLOCK_SIZE - 1);
	struct rd_vec vec;
	u32 i;

	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	for (i = 0; i < nr; i++, offset = 0) {
		struct rc_slot *slot = rc_find_valid(index, block + i);
		size_t len = min(vec.left, RC_BLOCK_SIZE - offset);

		if (!slot)
			break;
		rc_copy(slot->page + offset, &vec, len, false);
		if (unlikely(len < RC_BLOCK_SIZE) && !rc_note_part(slot, offset, len))
			continue;
		if (slot->hits < 3)
			WRITE_ONCE(slot->hits, slot->hits + 1);
	}
	return i;
}

/*
 * Return: the number of blocks to read from the source, of @nr of which the first is a
 * miss.
 */
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

/*
 * Return: 0 if the block has no slot and no write in flight; otherwise a number of blocks,
 * from this one on, that must not be published.
 */
static u64 rc_busy_run(struct rc_index *index, u64 block)
{
	return rc_hash_find(index, block) ? 1 : rc_tracked_run(index, block);
}

/*
 * True if the read belongs to a sequential stream that is longer than the limit. Only
 * reads that miss are looked at; cached blocks in the middle of a stream do not end it.
 */
static bool rc_is_streaming(struct rc_index *index, const struct bio *bio)
{
	u64 sector = bio->bi_iter.bi_sector, sectors = bio_sectors(bio);
	u32 limit = READ_ONCE(index->cache->stream_limit), i;
	struct rc_stream *stream = index->stream;

	lockdep_assert_held(&index->lock);
	if (!limit)
		return false;
	/* Most recently read stream first. A new one replaces the last. */
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

/*
 * Take slots for the blocks of a read.
 *
 * Return: false if no block can be filled, or not enough slots are free.
 */
static bool rc_fill_take(struct rc_index *index, struct rc_io *io, const struct bio *bio)
{
	u64 i = 0, run;

	lockdep_assert_held(&index->lock);
	if (!rc_index_is_open(index) || rc_is_streaming(index, bio))
		return false;
	while ((run = rc_busy_run(index, io->block + i))) {
		i += run;
		if (i >= io->nr)
			return false;
	}
	if (!rc_slots_take(index, io->slot, io->nr, RC_STAT_REPLACEMENT))
		return false;
	rc_io_begin(io, index, RC_IO_FILL);
	return true;
}

/* Add the blocks of a fill from @first on to the index, RC_HOLD_BLOCKS at most. */
static void rc_fill_add(struct rc_index *index, struct rc_io *io, u32 first)
{
	u32 i, stop = min(first + RC_HOLD_BLOCKS, io->nr);

	for (i = first; i < stop; i++)
		rc_index_add(index, io->slot[i], io->block + i,
			     rc_busy_run(index, io->block + i) ? RC_BOUNCE : RC_FILLING);
}

/*
 * Begin a fill.
 *
 * Context: RCU read section.
 * Return: false if no block can be filled, or not enough slots are free.
 */
static bool rc_fill_begin(struct rc_index *index, struct rc_io *io, const struct bio *bio)
{
	unsigned long flags;
	bool is_filling;
	u32 i;

	spin_lock_irqsave(&index->lock, flags);
	is_filling = rc_fill_take(index, io, bio);
	/* rc_fill_take() has found that the only block can be published. */
	if (is_filling && io->nr == 1)
		rc_index_add(index, io->slot[0], io->block, RC_FILLING);
	else if (is_filling)
		rc_fill_add(index, io, 0);
	spin_unlock_irqrestore(&index->lock, flags);
	for (i = RC_HOLD_BLOCKS; is_filling && i < io->nr; i += RC_HOLD_BLOCKS) {
		spin_lock_irqsave(&index->lock, flags);
		rc_fill_add(index, io, i);
		rc_slots_make_room(index, RC_STAT_REPLACEMENT);
		spin_unlock_irqrestore(&index->lock, flags);
	}
	return is_filling;
}

/*
 * Publish the slots of a fill that has ended, or retire them unless @is_good: from @first
 * on, RC_HOLD_BLOCKS at most.
 */
static void rc_fill_publish(struct rc_index *index, const struct rc_io *io, u32 first,
			    bool is_good)
{
	u32 i, stop = min(first + RC_HOLD_BLOCKS, io->nr), filled = 0, cancelled = 0;
	struct rc_cache *cache = index->cache;

	for (i = first; i < stop; i++) {
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
	if (unlikely(cancelled))
		rc_count(cache, RC_STAT_READ_INVALIDATES, cancelled);
}

/* End a fill, and release its slots. Context: any. */
static void rc_fill_end(struct rc_io *io, bool is_good)
{
	struct rc_index *index = io->index;
	unsigned long flags;
	u32 i;

	for (i = 0; i < io->nr; i += RC_HOLD_BLOCKS) {
		spin_lock_irqsave(&index->lock, flags);
		rc_fill_publish(index, io, i, is_good);
		if (io->nr - i <= RC_HOLD_BLOCKS)
			rc_index_unpin(index);
		spin_unlock_irqrestore(&index->lock, flags);
	}
	rc_io_free(io);
}

/* Copy the data of a fill to the caller, then publish it. Context: any. */
static void rc_fill_finish(struct rc_io *io, struct bio *bio)
{
	size_t offset;
	struct rd_vec vec;
	u32 i;

	rc_io_restore(io, bio);
	offset = rc_bio_pos(bio) & (RC_BLOCK_SIZE - 1);
	rc_vec_init(&vec, bio->bi_io_vec, &bio->bi_iter);
	/* Once published, the pages belong to the index, which may free them. */
	for (i = 0; i < io->nr; i++, offset = 0) {
		size_t len = min(vec.left, RC_BLOCK_SIZE - offset);

		rc_copy(bvec_virt(&io->bvec[i]) + offset, &vec, len, false);
		if (unlikely(len < RC_BLOCK_SIZE))
			rc_note_part(&io->index->slot[io->slot[i]], offset, len);
	}
	rc_fill_end(io, true);
}

/* Send a read that failed as a fill again, in its original form. */
static void rc_fill_retry_work(struct work_struct *work)
{
	struct rc_io *io = container_of(work, struct rc_io, work);

	struct bio *bio = io->bio;

	bio->bi_status = BLK_STS_OK;
	/* No task polls for a bio of a worker, and a worker may wait. */
	bio->bi_opf &= ~(REQ_POLLED | REQ_NOWAIT);
	bio_set_dev(bio, io->source);
	submit_bio_noacct(bio);
}

/* Finish a fill that is too large for an interrupt. */
static void rc_fill_finish_work(struct work_struct *work)
{
	struct rc_io *io = container_of(work, struct rc_io, work);
	struct bio *bio = io->bio;

	rc_fill_finish(io, bio);
	io->kind = RC_IO_PLAIN;
	bio_endio(bio);
}

/* Continue with the bio in a worker. Return: the result of .end_io. */
static int rc_io_defer(struct rc_io *io, struct rc_cache *cache, work_func_t func)
{
	io->source = cache->source->bdev;
	INIT_WORK(&io->work, func);
	queue_work(cache->workqueue, &io->work);
	return DM_ENDIO_INCOMPLETE;
}

/**
 * rc_end_fill() - End a fill.
 * @io: data of the bio
 * @bio: the clone
 * @status: status of the source
 *
 * Context: any, interrupts included.
 * Return: DM_ENDIO_DONE; DM_ENDIO_INCOMPLETE if a worker ends the bio later.
 */
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
		/* The error may lie in the part that the caller did not ask for. */
		if (is_larger && status != BLK_STS_AGAIN)
			return rc_io_defer(io, cache, rc_fill_retry_work);
		return DM_ENDIO_DONE;
	}
	if (len > RC_COPY_IN_IRQ && (!in_task() || irqs_disabled()))
		return rc_io_defer(io, cache, rc_fill_finish_work);
	rc_fill_finish(io, bio);
	return DM_ENDIO_DONE;
}

/*
 * Turn a read that misses into a fill.
 *
 * Context: RCU read section.
 * Return: false if the read has to go to the source in its original form.
 */
static bool rc_fill(struct rc_cache *cache, struct rc_index *index, struct rc_io *io,
		    struct bio *bio, u32 nr)
{
	u64 pos, end;
	u32 i;

	io->block = rc_bio_pos(bio) >> RC_BLOCK_SHIFT;
	if (!rc_io_alloc(io, nr))
		return false;
	rc_slots_stock(index, nr);
	if (!rc_fill_begin(index, io, bio)) {
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

/*
 * True if the read brings a page back from swap. The kernel marks only writes to swap, by
 * REQ_SWAP. Reads lock the page, unlike direct I/O into a page that is in swap, too.
 */
static bool rc_is_swap_in(struct bio *bio)
{
	struct folio *folio = page_folio(bio_page(bio));

	return folio_test_swapcache(folio) && folio_test_locked(folio);
}

/* Send a read to the source, as a fill if possible. Context: RCU read section. */
static int rc_read_missed(struct rc_cache *cache, struct rc_index *index,
			  struct rc_io *io, struct bio *bio, u32 nr)
{
	u64 block = rc_bio_pos(bio) >> RC_BLOCK_SHIFT;

	rc_count(cache, RC_STAT_MISSES, 1);
	if (!(bio->bi_opf & REQ_NOWAIT)) {
		nr = rc_miss_run(index, block, nr);
		rc_bio_cut(bio, block + nr);
	}
	/* The page in memory is the only one that is needed. */
	if (rc_is_swap_in(bio) || !rc_may_swap(cache, bio, nr) ||
	    !rc_fill(cache, index, io, bio, nr))
		rc_count(cache, RC_STAT_UNCACHED_READS, 1);
	return rc_send(cache, bio);
}

/**
 * rc_map_read() - Answer a read from the cache, or send it to the source.
 * @cache: the cache
 * @io: data of the bio
 * @bio: the clone
 *
 * Context: does not sleep.
 * Return: the result of .map.
 */
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
	if (unlikely(nr > RC_IO_BLOCKS)) {
		/* The copy of such a hit would be long, and must not be cut. */
		if (bio->bi_opf & REQ_NOWAIT) {
			rcu_read_unlock();
			bio_wouldblock_error(bio);
			return DM_MAPIO_SUBMITTED;
		}
		nr = RC_IO_BLOCKS;
		rc_bio_cut(bio, (rc_bio_pos(bio) >> RC_BLOCK_SHIFT) + nr);
	}
	cached = rc_read_cached(index, bio, nr);
	/* A bio with REQ_NOWAIT must not be cut: it is a hit as a whole, or a miss. */
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
