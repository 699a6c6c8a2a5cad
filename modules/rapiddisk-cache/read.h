/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads. */
#ifndef RAPIDDISK_CACHE_READ_H
#define RAPIDDISK_CACHE_READ_H

#include <linux/blk_types.h>

struct rc_cache;
struct rc_io;

int rc_map_read(struct rc_cache *cache, struct rc_io *io, struct bio *bio);
int rc_end_fill(struct rc_io *io, struct bio *bio, blk_status_t status);

#endif
