/* SPDX-License-Identifier: GPL-2.0-only */
/* Entry and end of a bio. */
#ifndef RAPIDDISK_CACHE_MAP_H
#define RAPIDDISK_CACHE_MAP_H

#include <linux/device-mapper.h>

int rc_map(struct dm_target *ti, struct bio *bio);
int rc_end_io(struct dm_target *ti, struct bio *bio, blk_status_t *status);
size_t rc_io_size(void);

#endif
