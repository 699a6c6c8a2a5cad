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
 * rc_io_alloc_arrays() - Allocate the arrays for slots and pages of more than one block.
 * @io: data of the bio, with the number of blocks
 *
 * Context: any.
 * Return: false if out of memory.
 */
bool rc_io_alloc_arrays(struct rc_io *io)
{
	io->bvec =
		kmalloc_array(io->nr, sizeof(*io->bvec) + sizeof(*io->slot), RC_GFP_IO);
	io->slot = (u32 *)(io->bvec + io->nr);
	return io->bvec;
}
