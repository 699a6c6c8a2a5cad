/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What reads and writes share: what is kept for each bio, what it covers, copies.
 */
#ifndef RAPIDDISK_CACHE_IO_H
#define RAPIDDISK_CACHE_IO_H

#include <linux/bio.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "index.h"
#include "rapiddisk/store.h"

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

static inline void rc_vec_init(struct rd_vec *vec, const struct bio_vec *bvec,
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

static inline u64 rc_bio_pos(const struct bio *bio)
{
	return (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
}

/* Of block @block, the end; the last one of the source may be short. */
static inline u64 rc_block_end(const struct rc_cache *cache, u64 block)
{
	return min((block + 1) << RC_BLOCK_SHIFT, cache->size_bytes);
}

static inline u32 rc_nr_blocks(u64 pos, u64 len)
{
	return ((pos + len - 1) >> RC_BLOCK_SHIFT) - (pos >> RC_BLOCK_SHIFT) + 1;
}

/*
 * Do only the blocks before @block; the rest comes again as a bio of its own.
 *
 * Never of a bio that must not wait, as bio_split_rw() knows too: the rest may end with
 * BLK_STS_AGAIN while this part is under way, whose end then says so in an interrupt, where
 * io_uring does not try again but fails the request.
 */
static inline void rc_bio_cut(struct bio *bio, u64 block)
{
	u64 len = (block << RC_BLOCK_SHIFT) - rc_bio_pos(bio);

	if (len < bio->bi_iter.bi_size)
		dm_accept_partial_bio(bio, len >> SECTOR_SHIFT);
}

/*
 * May @nr pages of ours, a segment each, take the place of the bio's memory? A source does
 * not cut what must not wait: it would answer every time that it would block.
 */
static inline bool rc_may_swap(const struct rc_cache *cache, const struct bio *bio,
			       u32 nr)
{
	return !(bio->bi_opf & REQ_NOWAIT) ||
	       (nr <= RC_IO_BLOCKS && nr <= bdev_max_segments(cache->source->bdev));
}

static inline int rc_send(struct rc_cache *cache, struct bio *bio)
{
	bio_set_dev(bio, cache->source->bdev);
	return DM_MAPIO_REMAPPED;
}

/* In io.c: fills and writes through. */
bool rc_io_alloc(struct rc_io *io, u32 nr);
void rc_io_free(struct rc_io *io);
void rc_io_swap_memory(struct rc_io *io, struct bio *bio, u64 pos, u64 end);
void rc_io_restore(struct rc_io *io, struct bio *bio);
void rc_io_begin(struct rc_io *io, struct rc_index *index, enum rc_io_kind kind);

/* In read.c. */
int rc_map_read(struct rc_cache *cache, struct rc_io *io, struct bio *bio);
int rc_end_fill(struct rc_io *io, struct bio *bio, blk_status_t status);

/* In write.c: WRITE, DISCARD, WRITE_ZEROES, and their ends by rc_io.kind. */
int rc_map_write(struct rc_cache *cache, struct rc_io *io, struct bio *bio);
void rc_end_write_through(struct rc_io *io, struct bio *bio, blk_status_t status);
void rc_end_tracked(struct rc_io *io);
void rc_end_wide(struct rc_io *io);
void rc_end_untracked(struct rc_cache *cache);

#endif
