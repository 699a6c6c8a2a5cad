/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bios. A hit is copied and ended at once. A fill and a write through send
 * device-mapper's own clone to the source, but with the cache's pages in the place of the
 * caller's memory: no second bio, and one copy. Everything else is sent on as it is;
 * writes are tracked until they have ended. The rules that this follows are in cache.h.
 */
#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "cache.h"
#include "rapiddisk/store.h"

#define RC_GFP_IO (GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

/*
 * A read that misses goes to the source up to where this many blocks together are cached.
 */
#define RC_HIT_RUN 8

/* A fill of more bytes than this is copied by a worker if it ends in an interrupt. */
#define RC_COPY_IN_IRQ (4 * PAGE_SIZE)

/* What a large write counts in, instead of one by one. */
#define RC_WIDE_BLOCKS RC_WRITERS

enum rc_io_kind {
	/* Nothing to do at its end. */
	RC_IO_PLAIN,
	RC_IO_FILL,
	RC_IO_WRITE_THROUGH,
	/* A write that counts in rc_index.writers, or in rc_index.nr_wide. */
	RC_IO_TRACKED,
	RC_IO_WIDE,
	/* A write that counts in rc_cache.untracked. */
	RC_IO_UNTRACKED,
};

/* For each bio, beside device-mapper's clone of it. Only @kind is set for all. */
struct rc_io {
	enum rc_io_kind kind;
	/* Blocks, and the first of them. */
	u32 nr;
	u64 block;
	struct rc_index *index;

	/* A fill or a write through: what to send, @nr of each. */
	struct bio_vec *bvec;
	u32 *slot;
	struct bio_vec one_bvec;
	u32 one_slot;

	/* What the clone was. */
	unsigned short flags;
	struct bio_vec *caller_bvec;
	struct bvec_iter caller_iter;
	struct bio *bio;
	struct block_device *source;
	struct work_struct work;
};

size_t rc_io_size(void)
{
	return sizeof(struct rc_io);
}

static struct rc_io *rc_bio_to_io(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct rc_io));
}

/* --- copies
 * ----------------------------------------------------------------------------- */

static void rc_vec_init(struct rd_vec *vec, const struct bio_vec *bvec,
			const struct bvec_iter *iter)
{
	rd_vec_init(vec, bvec + iter->bi_idx, iter->bi_bvec_done, iter->bi_size);
}

/* Between @len bytes of a page of ours and @vec, which comes back advanced. */
static __always_inline void rc_copy(void *page, struct rd_vec *vec, size_t len,
				    const bool is_write)
{
	while (len) {
		size_t part = min(len, vec->len);

		if (ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE && is_write)
			flush_dcache_page(virt_to_page(vec->addr));
		if (part == PAGE_SIZE &&
		    PAGE_ALIGNED((unsigned long)page | (unsigned long)vec->addr))
			copy_page(is_write ? page : vec->addr,
				  is_write ? vec->addr : page);
		else
			memcpy(is_write ? page : vec->addr, is_write ? vec->addr : page,
			       part);
		if (ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE && !is_write)
			flush_dcache_page(virt_to_page(vec->addr));
		page += part;
		len -= part;
		if (part == vec->left)
			return;
		rd_vec_advance(vec, part);
	}
}

/* --- what a bio covers
 * ------------------------------------------------------------------ */

static u64 rc_bio_pos(const struct bio *bio)
{
	return (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
}

/* Of block @block, the end; the last one of the source may be short. */
static u64 rc_block_end(const struct rc_cache *cache, u64 block)
{
	return min((block + 1) << RC_BLOCK_SHIFT, cache->size_bytes);
}

static u32 rc_nr_blocks(u64 pos, u64 len)
{
	return ((pos + len - 1) >> RC_BLOCK_SHIFT) - (pos >> RC_BLOCK_SHIFT) + 1;
}

/* Do only the blocks before @block; the rest comes again as a bio of its own. */
static void rc_bio_cut(struct bio *bio, u64 block)
{
	u64 len = (block << RC_BLOCK_SHIFT) - rc_bio_pos(bio);

	if (len < bio->bi_iter.bi_size)
		dm_accept_partial_bio(bio, len >> SECTOR_SHIFT);
}

static int rc_send(struct rc_cache *cache, struct bio *bio)
{
	bio_set_dev(bio, cache->source->bdev);
	return DM_MAPIO_REMAPPED;
}

/* --- fills and writes through: slots and memory
 * ------------------------------------------ */

static bool rc_io_alloc(struct rc_io *io, u32 nr)
{
	io->nr = nr;
	io->bvec = &io->one_bvec;
	io->slot = &io->one_slot;
	if (likely(nr == 1))
		return true;
	io->bvec = kmalloc_array(nr, sizeof(*io->bvec) + sizeof(*io->slot), RC_GFP_IO);
	io->slot = (u32 *)(io->bvec + nr);
	return io->bvec;
}

static void rc_io_free(struct rc_io *io)
{
	if (io->bvec != &io->one_bvec)
		kfree(io->bvec);
}

/* Put our pages in the place of the caller's memory. */
static void rc_io_swap_memory(struct rc_io *io, struct bio *bio, u64 pos, u64 end)
{
	io->bio = bio;
	io->flags = bio->bi_flags;
	io->caller_bvec = bio->bi_io_vec;
	io->caller_iter = bio->bi_iter;
	bio->bi_io_vec = io->bvec;
	bio->bi_iter.bi_sector = pos >> SECTOR_SHIFT;
	bio->bi_iter.bi_size = end - pos;
	bio->bi_iter.bi_idx = 0;
	bio->bi_iter.bi_bvec_done = 0;
}

/* The clone as it was before; what the source's drivers left in it is gone. */
static void rc_io_restore(struct rc_io *io, struct bio *bio)
{
	bio->bi_io_vec = io->caller_bvec;
	bio->bi_iter = io->caller_iter;
	bio->bi_flags = io->flags;
	/* A driver that split it has counted this down. */
	atomic_set(&bio->__bi_remaining, 1);
}

static void rc_io_begin(struct rc_io *io, struct rc_index *index, enum rc_io_kind kind)
{
	lockdep_assert_held(&index->lock);
	io->kind = kind;
	io->index = index;
	rc_index_pin(index);
}

/* May something new be published? */
static bool rc_index_is_open(const struct rc_index *index)
{
	lockdep_assert_held(&index->lock);
	return !index->is_opening && !index->nr_wide;
}

/* --- reads
 * ------------------------------------------------------------------------------ */

/*
 * The page of a block that is cached. Context: RCU read section, as long as it is used.
 */
static inline struct rc_slot *rc_find_valid(const struct rc_index *index, u64 block)
{
	struct rc_slot *slot = &index->slot[rc_index_find(index, block)];

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
	return !rc_index_find(index, block) && !*rc_writers(index, block);
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
	if (!is_any || !rc_index_take(index, io->slot, io->nr, RC_STAT_REPLACEMENT))
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
			rc_index_release(index, nr);
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

static int rc_end_fill(struct rc_io *io, struct bio *bio, blk_status_t status)
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
	nr = rc_miss_run(index, block, nr);
	rc_bio_cut(bio, block + nr);
	if (!rc_fill(cache, index, io, bio, nr))
		rc_count(cache, RC_STAT_UNCACHED_READS, 1);
	return rc_send(cache, bio);
}

static int rc_map_read(struct rc_cache *cache, struct rc_io *io, struct bio *bio)
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
		nr = RC_IO_BLOCKS;
		rc_bio_cut(bio, (rc_bio_pos(bio) >> RC_BLOCK_SHIFT) + nr);
	}
	cached = rc_read_cached(index, bio, nr);
	if (unlikely(!cached)) {
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

/* --- writes
 * ----------------------------------------------------------------------------- */

/*
 * Take a block out of the index for a write. Return: its slot, whose page stays readable
 * in this RCU read section, if it was VALID; else 0.
 */
static u32 rc_write_invalidate(struct rc_index *index, u64 block)
{
	u32 nr = rc_index_find(index, block);
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

static void rc_end_tracked(struct rc_io *io)
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

static void rc_end_wide(struct rc_io *io)
{
	struct rc_index *index = io->index;
	unsigned long flags;

	spin_lock_irqsave(&index->lock, flags);
	index->nr_wide--;
	rc_index_unpin(index);
	spin_unlock_irqrestore(&index->lock, flags);
}

static void rc_end_untracked(struct rc_cache *cache)
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
	    !rc_index_take(index, io->slot, io->nr, RC_STAT_WRITE_REPLACEMENT))
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

static void rc_end_write_through(struct rc_io *io, struct bio *bio, blk_status_t status)
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
			rc_index_release(index, nr);
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

/* WRITE, DISCARD, WRITE_ZEROES. */
static int rc_map_write(struct rc_cache *cache, struct rc_io *io, struct bio *bio)
{
	struct rc_index *index;

	/* What may have to look at the whole index may have to wait. */
	if (unlikely(bio->bi_opf & REQ_NOWAIT && bio_op(bio) != REQ_OP_WRITE)) {
		bio_wouldblock_error(bio);
		return DM_MAPIO_SUBMITTED;
	}
	rc_count(cache, RC_STAT_WRITES, 1);
	rcu_read_lock();
	index = rcu_dereference(cache->index);
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

/* --- device-mapper's side
 * --------------------------------------------------------------- */

int rc_map(struct dm_target *ti, struct bio *bio)
{
	struct rc_cache *cache = ti->private;
	struct rc_io *io = rc_bio_to_io(bio);

	io->kind = RC_IO_PLAIN;
	bio->bi_iter.bi_sector = dm_target_offset(ti, bio->bi_iter.bi_sector);
	if (unlikely(!bio->bi_iter.bi_size)) {
		if (bio->bi_opf & REQ_PREFLUSH)
			rc_count(cache, RC_STAT_FLUSHES, 1);
		return rc_send(cache, bio);
	}
	if (bio_op(bio) == REQ_OP_READ)
		return rc_map_read(cache, io, bio);
	if (op_is_write(bio_op(bio)))
		return rc_map_write(cache, io, bio);
	return rc_send(cache, bio);
}

int rc_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *status)
{
	struct rc_io *io = rc_bio_to_io(bio);
	struct rc_cache *cache = ti->private;

	if (unlikely(*status && *status != BLK_STS_AGAIN))
		rc_count(cache, RC_STAT_SOURCE_ERRORS, 1);
	switch (io->kind) {
	case RC_IO_FILL:
		return rc_end_fill(io, bio, *status);
	case RC_IO_WRITE_THROUGH:
		rc_end_write_through(io, bio, *status);
		break;
	case RC_IO_TRACKED:
		rc_end_tracked(io);
		break;
	case RC_IO_WIDE:
		rc_end_wide(io);
		break;
	case RC_IO_UNTRACKED:
		rc_end_untracked(cache);
		break;
	default:
		break;
	}
	return DM_ENDIO_DONE;
}
