/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The common parts of reads and writes: the state of a bio, positions and blocks, copies.
 */
#ifndef RAPIDDISK_CACHE_IO_H
#define RAPIDDISK_CACHE_IO_H

#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/rbtree_types.h>
#include <linux/slab.h>

#include "index_types.h"
#include "rapiddisk/vec.h"

enum rc_io_kind {
	/* The end of the bio needs no action. */
	RC_IO_PLAIN,
	RC_IO_FILL,
	RC_IO_WRITE_THROUGH,
	/* A write that counts in rc_index.writers. */
	RC_IO_TRACKED,
	/* A write with its range in rc_index.ranges. */
	RC_IO_RANGE,
	/* A write that counts in rc_cache.untracked. */
	RC_IO_UNTRACKED,
};

/* Per-bio data, next to device-mapper's clone. Only @kind is valid for all kinds. */
struct rc_io {
	enum rc_io_kind kind;
	/* Number of blocks, and the first one. */
	u32 nr;
	u64 block;
	struct rc_index *index;

	union {
		/*
		 * Pages to send in a fill or a write-through, and their slots: @nr of each.
		 */
		struct {
			struct bio_vec *bvec;
			u32 *slot;
			struct bio_vec one_bvec;
		};
		/* RC_IO_RANGE: the node in rc_index.ranges. Protected by rc_index.lock. */
		struct {
			struct rb_node node;
			u64 subtree_last;
		} range;
	};
	u32 one_slot;

	/* The clone as it was before rc_io_swap_memory(), for rc_io_restore(). */
	unsigned short flags;
	struct bio_vec *caller_bvec;
	struct bvec_iter caller_iter;
	/* For @work: a copy or a retry that cannot run where the bio ended. */
	struct bio *bio;
	struct block_device *source;
	struct work_struct work;
};

/* Point @vec to the memory of an iterator. */
static inline void rc_vec_init(struct rd_vec *vec, const struct bio_vec *bvec,
			       const struct bvec_iter *iter)
{
	rd_vec_init(vec, bvec + iter->bi_idx, iter->bi_bvec_done, iter->bi_size);
}

/* Copy @len bytes between a page of the cache and @vec, and advance @vec. */
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

/* Return: the position of the bio in bytes. */
static inline u64 rc_bio_pos(const struct bio *bio)
{
	return (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
}

/* Return: the end of @block in bytes. The last block of the source may be short. */
static inline u64 rc_block_end(const struct rc_cache *cache, u64 block)
{
	return min((block + 1) << RC_BLOCK_SHIFT, cache->size_bytes);
}

/* Return: the number of blocks that a range touches. */
static inline u32 rc_nr_blocks(u64 pos, u64 len)
{
	return ((pos + len - 1) >> RC_BLOCK_SHIFT) - (pos >> RC_BLOCK_SHIFT) + 1;
}

/*
 * Cut the bio at the start of @block. Device-mapper submits the rest as another bio.
 *
 * Context: not for a bio with REQ_NOWAIT, which bio_split_rw() refuses to split as well.
 * The rest could end with BLK_STS_AGAIN while the first part is in flight. The end of the
 * first part would then report the status from an interrupt, where io_uring fails the
 * request instead of retrying it.
 */
static inline void rc_bio_cut(struct bio *bio, u64 block)
{
	u64 len = (block << RC_BLOCK_SHIFT) - rc_bio_pos(bio);

	if (len < bio->bi_iter.bi_size)
		dm_accept_partial_bio(bio, len >> SECTOR_SHIFT);
}

/*
 * True if @nr pages of the cache, a segment each, may replace the memory of the bio. A
 * source does not split a bio with REQ_NOWAIT, but ends it with BLK_STS_AGAIN on each
 * attempt.
 */
static inline bool rc_may_swap(const struct rc_cache *cache, const struct bio *bio,
			       u32 nr)
{
	return !(bio->bi_opf & REQ_NOWAIT) ||
	       (nr <= RC_IO_BLOCKS && nr <= bdev_max_segments(cache->source->bdev));
}

/* Send the bio to the source. Return: the result of .map. */
static inline int rc_send(struct rc_cache *cache, struct bio *bio)
{
	bio_set_dev(bio, cache->source->bdev);
	return DM_MAPIO_REMAPPED;
}

bool rc_io_alloc_arrays(struct rc_io *io);

/**
 * rc_io_alloc() - Allocate the arrays for slots and pages.
 * @io: data of the bio
 * @nr: number of blocks; one block needs no allocation
 *
 * Context: any.
 * Return: false if out of memory.
 */
static inline bool rc_io_alloc(struct rc_io *io, u32 nr)
{
	io->nr = nr;
	io->bvec = &io->one_bvec;
	io->slot = &io->one_slot;
	return likely(nr == 1) || rc_io_alloc_arrays(io);
}

/**
 * rc_io_free() - Free the arrays of rc_io_alloc().
 * @io: data of the bio
 */
static inline void rc_io_free(struct rc_io *io)
{
	if (io->bvec != &io->one_bvec)
		kfree(io->bvec);
}

/**
 * rc_io_swap_memory() - Replace the caller's memory by pages of the cache.
 * @io: data of the bio, with the pages in @bvec
 * @bio: the clone
 * @pos: start in bytes
 * @end: end in bytes
 */
static inline void rc_io_swap_memory(struct rc_io *io, struct bio *bio, u64 pos, u64 end)
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

/**
 * rc_io_restore() - Restore the clone to its state before rc_io_swap_memory().
 * @io: data of the bio
 * @bio: the clone
 *
 * Afterwards the clone can be ended or submitted again.
 *
 * The block layer leaves marks in a bio that it ends. blk_update_request() ends each bio
 * of a request with bi_next still at the next bio, which may be freed by then. A worker
 * must not submit a bio in that state: blk_mq_bio_to_request() takes bi_next for a part
 * of the request, and nothing but bio_list_add() resets it. blk_mq_start_request() sets
 * bi_cookie of a polled bio; bio_poll() would poll a queue that no longer has the bio.
 */
static inline void rc_io_restore(struct rc_io *io, struct bio *bio)
{
	bio->bi_next = NULL;
	WRITE_ONCE(bio->bi_cookie, BLK_QC_T_NONE);
	bio->bi_io_vec = io->caller_bvec;
	bio->bi_iter = io->caller_iter;
	bio->bi_flags = io->flags;
	/*
	 * bio_chain() has counted here, and bio_endio() down to 0. BIO_CHAIN is in
	 * bi_flags.
	 */
	atomic_set(&bio->__bi_remaining, 1);
}

/**
 * rc_io_begin() - Pin the index for a bio, and note the kind of the bio.
 * @io: data of the bio
 * @index: the index, locked
 * @kind: determines the action at the end of the bio
 */
static inline void rc_io_begin(struct rc_io *io, struct rc_index *index,
			       enum rc_io_kind kind)
{
	lockdep_assert_held(&index->lock);
	io->kind = kind;
	io->index = index;
	rc_index_pin(index);
}

#endif
