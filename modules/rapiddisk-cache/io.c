// SPDX-License-Identifier: GPL-2.0-only
/*
 * The common part of fills and write-throughs. Both send device-mapper's clone to the
 * source with pages of the cache in place of the caller's memory, which saves a second
 * bio and a second copy.
 *
 * bi_io_vec, bi_flags and __bi_remaining of the clone are changed here. That rests on
 * three facts. The clone shares its bi_io_vec with the original bio and never frees it
 * (bi_vcnt is 0). The clone is alive until its end_io returns DM_ENDIO_DONE. Nobody but its
 * current owner looks at it. drivers/md/dm-bio-record.h saves and restores bi_flags and
 * __bi_remaining likewise.
 */
#include "io.h"

#define RC_GFP_IO (GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

/**
 * rc_io_alloc() - Allocate the arrays for slots and pages.
 * @io: data of the bio
 * @nr: number of blocks; one block needs no allocation
 *
 * Context: any.
 * Return: false if out of memory.
 */
bool rc_io_alloc(struct rc_io *io, u32 nr)
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

/**
 * rc_io_free() - Free the arrays of rc_io_alloc().
 * @io: data of the bio
 */
void rc_io_free(struct rc_io *io)
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
void rc_io_swap_memory(struct rc_io *io, struct bio *bio, u64 pos, u64 end)
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
void rc_io_restore(struct rc_io *io, struct bio *bio)
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
void rc_io_begin(struct rc_io *io, struct rc_index *index, enum rc_io_kind kind)
{
	lockdep_assert_held(&index->lock);
	io->kind = kind;
	io->index = index;
	rc_index_pin(index);
}
