// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a fill and a write through have in common: they send device-mapper's own clone to
 * the source, but with the cache's pages in the place of the caller's memory: no second
 * bio, and one copy.
 */
#include "io.h"

#define RC_GFP_IO (GFP_NOWAIT | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

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

void rc_io_free(struct rc_io *io)
{
	if (io->bvec != &io->one_bvec)
		kfree(io->bvec);
}

/* Put our pages in the place of the caller's memory. */
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

/*
 * Restore the clone to its state before rc_io_swap_memory(), so that it can be ended or sent
 * again.
 *
 * The block layer leaves marks in a bio that it ends. blk_update_request() ends each bio of a
 * request with bi_next still at the following one, which by then may be freed: a bio that is
 * sent from a worker must not carry that, since blk_mq_bio_to_request() takes bi_next as a part
 * of the request, and nothing but bio_list_add() resets it. blk_mq_start_request() sets
 * bi_cookie of a polled bio; bio_poll() would look at a queue where the bio no longer is.
 */
void rc_io_restore(struct rc_io *io, struct bio *bio)
{
	bio->bi_next = NULL;
	WRITE_ONCE(bio->bi_cookie, BLK_QC_T_NONE);
	bio->bi_io_vec = io->caller_bvec;
	bio->bi_iter = io->caller_iter;
	bio->bi_flags = io->flags;
	/* bio_chain() sets BIO_CHAIN and counts here; bio_endio() has counted down to 0. */
	atomic_set(&bio->__bi_remaining, 1);
}

void rc_io_begin(struct rc_io *io, struct rc_index *index, enum rc_io_kind kind)
{
	lockdep_assert_held(&index->lock);
	io->kind = kind;
	io->index = index;
	rc_index_pin(index);
}
