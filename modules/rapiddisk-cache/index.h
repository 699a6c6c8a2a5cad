/* SPDX-License-Identifier: GPL-2.0-only */
/* Transitions between the states of a slot, and the index as a whole. */
#ifndef RAPIDDISK_CACHE_INDEX_H
#define RAPIDDISK_CACHE_INDEX_H

#include <linux/types.h>

#include "index_types.h"

struct rc_index *rc_index_alloc(struct rc_cache *cache, u32 nr_slots);
void rc_index_free(struct rc_index *index);
bool rc_index_is_idle(struct rc_index *index);
void rc_index_drop(struct rc_index *index, u64 first, u64 last);
bool rc_index_clear(struct rc_index *index);
void rc_index_give_back(struct rc_index *index);
void rc_index_add(struct rc_index *index, u32 nr, u64 block, enum rc_state state);
void rc_index_publish(struct rc_index *index, u32 nr);
void rc_index_abort(struct rc_index *index, u32 nr);
void rc_index_invalidate(struct rc_index *index, u32 nr);

#endif
