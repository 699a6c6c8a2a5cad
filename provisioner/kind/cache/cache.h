/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"
#include "model/class.h"
#include "sys/devices.h"
#include "sys/dm.h"

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
	/*
	 * Observed: the number of a source that was unplugged; 0: the source exists. The
	 * number of an unplugged source in .source is 0, so that it differs from any device.
	 */
	uint64_t unplugged;
	uint64_t map; /* Observed: the number of the map, if its source was unplugged */
	/* Desired: the source is the unplugged source of the live map, plugged in again. */
	bool returned;
	uint64_t diskseq; /* Desired: of the source at the time of the plan; 0: unknown */
	bool after_export; /* Desired: an export of the source, or past it, goes first */
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

/*
 * cache_source_ramdisk() - Return the name of the RAM disk that the source is by its text;
 * NULL: the source is another device.
 */
const char *cache_source_ramdisk(const struct obj *obj);

/* cache_memory_name() - Return the name of the RAM disk that is the memory; NULL: no RAM disk. */
const char *cache_memory_name(const struct obj *obj);

/*
 * cache_advise_on_lvm() - LVM activates a physical volume as soon as udev sees the device, so
 * before any cache. Say the line of lvm.conf, or the changes of the devices file, that make LVM
 * find the volume on the cache @want.
 * Return: 0 and *ret, the caller's to free, or NULL if the source is no physical volume; -errno.
 */
int cache_advise_on_lvm(struct sys *sys, const struct obj *want, char **ret);

/*
 * cache_is_for_initramfs() - True if the source of @want holds the root file system, so
 * that the initramfs creates the cache before the root is mounted.
 */
bool cache_is_for_initramfs(struct sys *sys, const struct obj *want);

/* cache_is_absent() - True if @want is a cache whose source does not exist yet. */
bool cache_is_absent(struct sys *sys, const struct obj *want);

/*
 * cache_observe_peer() - For an import: add the map @entry to @observed if the command of
 * rapiddisk 9 created it as a cache, or a remark if it is a write-back cache. Return: 0; -errno.
 */
int cache_observe_peer(const struct kfs *kfs, const struct dm_entry *entry,
		       struct model *observed);

extern const struct kind kind_cache;

/* The functions of kind_cache; see kind.h. */
int cache_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		  const struct model *desired, const struct model *observed);
int cache_observe(struct sys *sys, struct model *observed);
int cache_create(struct sys *sys, const struct obj *want, struct buf *why);
int cache_update(struct sys *sys, const struct obj *have, const struct obj *want,
		 uint64_t changed, struct buf *why);
int cache_remove(struct sys *sys, const struct obj *have, struct buf *why);
int cache_release(struct sys *sys, const struct obj *have, struct buf *why);
int cache_fall_back(struct sys *sys, const struct obj *want, struct buf *why);
void cache_settle(struct sys *sys);
int cache_adopt(struct sys *sys, const struct obj *have, struct buf *why);
int cache_judge(struct plan_step *step);
bool cache_in_place(const struct plan_step *step);
bool cache_uses(const struct obj *obj, const struct obj *other);
bool cache_keeps(const struct obj *obj, const struct obj *other);
const char *cache_contends(const struct obj *have, const struct obj *want);
bool cache_follows(const struct plan_step *step, const struct obj *other);
uint64_t cache_memory(const struct obj *obj);
