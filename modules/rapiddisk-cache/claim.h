/* SPDX-License-Identifier: GPL-2.0-only */
/* One cache per source. */
#ifndef RAPIDDISK_CACHE_CLAIM_H
#define RAPIDDISK_CACHE_CLAIM_H

struct rc_cache;

int rc_claim(struct rc_cache *cache);
void rc_unclaim(struct rc_cache *cache);

#endif
