/* SPDX-License-Identifier: GPL-2.0-only */
/* The cache as a whole. cache_types.h has the rules. */
#ifndef RAPIDDISK_CACHE_H
#define RAPIDDISK_CACHE_H

struct rc_cache;

void rc_cache_close(struct rc_cache *cache);
void rc_cache_drop(struct rc_cache *cache);
void rc_cache_clear(struct rc_cache *cache);
int rc_cache_bypass(struct rc_cache *cache, const char *arg);
int rc_cache_resize(struct rc_cache *cache, const char *arg);

#endif
