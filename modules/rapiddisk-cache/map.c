// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry and end of a bio. A hit is copied and ended at once. Any other bio goes to the
 * source: unchanged, or with pages of the cache in it. Writes are tracked until they end.
 * cache_types.h has the rules.
 */
#include <linux/sched.h>

#include "io.h"
#include "map.h"
#include "read.h"
#include "write.h"

/**
 * rc_io_size() - Return the size of the per-bio data.
 *
 * Return: the value for dm_target.per_io_data_size.
 */
size_t rc_io_size(void)
{
	return sizeof(struct rc_io);
}

static struct rc_io *rc_bio_to_io(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct rc_io));
}

/**
 * rc_map() - Implement .map: answer a bio from the cache, or send it to the source.
 * @ti: the target
 * @bio: device-mapper's clone
 *
 * Context: task; may sleep. With REQ_NOWAIT, waits for nothing, but can be scheduled.
 * Return: DM_MAPIO_REMAPPED or DM_MAPIO_SUBMITTED.
 */
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
	/*
	 * device-mapper submits the rest of a bio that is cut from one loop. REQ_NOWAIT forbids
	 * to wait, but not to be scheduled: submit_bio_noacct() calls might_sleep() for each
	 * bio.
	 */
	if (unlikely(bio->bi_iter.bi_size > RC_IO_BLOCKS << RC_BLOCK_SHIFT))
		cond_resched();
	if (bio_op(bio) == REQ_OP_READ)
		return rc_map_read(cache, io, bio);
	if (op_is_write(bio_op(bio)))
		return rc_map_write(cache, io, bio);
	return rc_send(cache, bio);
}

/**
 * rc_end_io() - Implement .end_io: publish or drop what the bio had in the index.
 * @ti: the target
 * @bio: device-mapper's clone
 * @status: status of the source; the caller gets it unchanged
 *
 * Context: any, interrupts included.
 * Return: DM_ENDIO_DONE; DM_ENDIO_INCOMPLETE if a worker ends the bio later.
 */
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
	case RC_IO_RANGE:
		rc_end_range(io);
		break;
	case RC_IO_UNTRACKED:
		rc_end_untracked(cache);
		break;
	default:
		break;
	}
	return DM_ENDIO_DONE;
}
