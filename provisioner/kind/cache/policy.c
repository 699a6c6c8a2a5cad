/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy of caches. */
#include "kind/cache/cache.h"

/* A new table over the same disk serves those who have the map open. */
bool cache_in_place(const struct plan_step *step)
{
	return step->changed & UINT64_C(1) << CACHE_SOURCE &&
	       cache_of(step->want)->returned;
}

bool cache_uses(const struct obj *obj, const struct obj *other)
{
	return other->class == &ramdisk_class && field_is_set(obj, CACHE_RAMDISK) &&
	       streq(cache_of(obj)->ramdisk, obj_name(other));
}

/* The memory of a RAM disk is counted with the RAM disk. */
uint64_t cache_memory(const struct obj *obj)
{
	return cache_of(obj)->size.bytes;
}
