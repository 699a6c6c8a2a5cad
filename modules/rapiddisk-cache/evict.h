/* SPDX-License-Identifier: GPL-2.0-only */
/* The eviction queues, and the choice of the VALID slot to evict. */
#ifndef RAPIDDISK_CACHE_EVICT_H
#define RAPIDDISK_CACHE_EVICT_H

#include <linux/types.h>

struct rc_index;

void rc_evict_clear(struct rc_index *index);
void rc_evict_init(struct rc_index *index);
void rc_evict_add(struct rc_index *index, u32 nr);
void rc_evict_del(struct rc_index *index, u32 nr);
u32 rc_evict_victim(struct rc_index *index, u32 *moves);

#endif
