/* SPDX-License-Identifier: GPL-2.0-only */
/* The counters in sysfs and in the status line. */
#ifndef RAPIDDISK_CACHE_STATS_H
#define RAPIDDISK_CACHE_STATS_H

struct rc_cache;

int rc_stats_init(void);
void rc_stats_exit(void);
void rc_stats_reset(struct rc_cache *cache);
unsigned int rc_stats_emit(struct rc_cache *cache, char *result, unsigned int maxlen);
void rc_stats_show(struct rc_cache *cache);
void rc_stats_hide(struct rc_cache *cache);

#endif
