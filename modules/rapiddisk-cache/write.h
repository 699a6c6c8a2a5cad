/* SPDX-License-Identifier: GPL-2.0-only */
/* WRITE, DISCARD, WRITE_ZEROES, and their ends by rc_io.kind. */
#ifndef RAPIDDISK_CACHE_WRITE_H
#define RAPIDDISK_CACHE_WRITE_H

#include <linux/blk_types.h>

struct rc_cache;
struct rc_io;

int rc_map_write(struct rc_cache *cache, struct rc_io *io, struct bio *bio);
void rc_end_write_through(struct rc_io *io, struct bio *bio, blk_status_t status);
void rc_end_tracked(struct rc_io *io);
void rc_end_range(struct rc_io *io);
void rc_end_untracked(struct rc_cache *cache);

#endif
