/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the kind `cache` share: its objects, and the halves of its class. */
#pragma once

#include "kind/kind.h"
#include "model/field.h"
#include "sys/devices.h"

#define CACHE_TARGET	  "rapiddisk-cache"
#define CACHE_UUID_PREFIX DEVICES_OUR_PREFIX "cache-"

/* The target's unit, and the least that it takes of them. */
#define CACHE_BLOCK_BYTES 4096
#define CACHE_BYTES_MIN	  (16 * CACHE_BLOCK_BYTES)

enum cache_mode { MODE_WRITE_THROUGH, MODE_WRITE_AROUND, MODE_END, MODE_PASS_THROUGH };

struct cache {
	struct obj obj;
	char *name;
	struct device_ref source;
	char *ramdisk;
	struct size size;
	int mode;
	struct size stream_limit;
	uint64_t wait;
	struct size ramdisk_size;
	struct size capacity;
	struct size cached;
	uint64_t hits, misses;
	char *hit_ratio;
};

enum {
	CACHE_NAME,
	CACHE_SOURCE,
	CACHE_RAMDISK,
	CACHE_SIZE,
	CACHE_MODE,
	CACHE_STREAM_LIMIT,
	CACHE_WAIT,
	CACHE_RAMDISK_SIZE,
	CACHE_CAPACITY,
	CACHE_CACHED,
	CACHE_HITS,
	CACHE_MISSES,
	CACHE_HIT_RATIO,
};

static inline const struct cache *cache_of(const struct obj *obj)
{
	return (const struct cache *)obj;
}

/* kind.resolve, in cache_resolve.c. */
int cache_resolve(struct sys *sys, struct obj *want, const struct model *desired,
		  const struct model *observed);

/* kind.observe, in cache_observe.c. */
int cache_observe(struct sys *sys, struct model *observed);
