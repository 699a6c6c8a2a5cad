/* SPDX-License-Identifier: GPL-2.0-only */
/* The shrinker, and the list of caches whose memory it frees. */
#ifndef RAPIDDISK_CACHE_SHRINK_H
#define RAPIDDISK_CACHE_SHRINK_H

struct rc_cache;

int rc_shrink_init(void);
void rc_shrink_exit(void);
void rc_shrink_add(struct rc_cache *cache);
void rc_shrink_del(struct rc_cache *cache);

#endif
