// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device-mapper's side of a bio: which way it goes, and what is done at its end. A hit is
 * copied and ended at once. Everything else is sent on as it is or with the cache's pages
 * in it; writes are tracked until they have ended. The rules that this follows are in
 * cache.h.
 */
#include "map.h"
#include "io.h"

size_t rc_io_size(void)
{
	return sizeof(struct rc_io);
}

static struct rc_io *rc_bio_to_io(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct rc_io));
}

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
