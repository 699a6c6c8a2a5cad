/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe caches: owned maps, and caches that were created by hand. */
#include "base/cleanup.h"
#include "kind/cache/cache.h"
#include "kind/use.h"
#include "sys/dm.h"

#include <inttypes.h>

#define COUNTERS "sys/kernel/rapiddisk_cache"

struct sight {
	struct sys *sys;
	struct users users;
};

static bool is_ours(const struct dm_map *map)
{
	return strncmp(map->uuid, CACHE_UUID_PREFIX, strlen(CACHE_UUID_PREFIX)) == 0;
}

/* `<source> <cache> [<sectors> [<mode> [<n> <key> <value>...]]]` */
static int read_cache_line(struct sight *sight, struct obj *obj, const char *params)
{
	const struct kfs *kfs = &sight->sys->kfs;
	char source[NUMBERS_TEXT_MAX], memory[NUMBERS_TEXT_MAX];
	_cleanup_free_ char *path = NULL, *ramdisk = NULL;
	uint64_t sectors = 0, limit, number;
	unsigned int mode = 0, stream_limit;
	int n, r;

	n = sscanf(params, "%23s %23s %" SCNu64 " %u 2 stream_limit %u", source, memory,
		   &sectors, &mode, &stream_limit);
	if (n < 2 || numbers_parse(source, &number) < 0)
		return -EBADMSG;
	r = devices_path(kfs, number, &path);
	if (r == 0)
		r = field_set_device(obj, CACHE_SOURCE, path, number);
	if (r == 0 && numbers_parse(memory, &number) == 0) {
		r = devices_name(kfs, number, &ramdisk);
		if (r == 0)
			r = field_set_string(obj, CACHE_RAMDISK, ramdisk);
	}
	if (r < 0)
		return r;
	if (n < 3 &&
	    kfs_read_u64(kfs, &limit, COUNTERS "/%s/limit_bytes", obj_name(obj)) == 0)
		sectors = limit / 512;
	field_set_size(obj, ramdisk ? CACHE_RAMDISK_SIZE : CACHE_SIZE, sectors * 512);
	if (n >= 5)
		field_set_size(obj, CACHE_STREAM_LIMIT, UINT64_C(512) * stream_limit);
	field_set_enum(obj, CACHE_MODE, mode ? MODE_WRITE_AROUND : MODE_WRITE_THROUGH);
	return 0;
}

static int read_linear_line(struct sight *sight, struct obj *obj, const char *params)
{
	char source[NUMBERS_TEXT_MAX];
	_cleanup_free_ char *path = NULL;
	uint64_t number, offset;
	int r;

	/* No owned linear map has an offset. Leave the fields unset, so that it is replaced. */
	if (sscanf(params, "%23s %" SCNu64, source, &offset) != 2 || offset != 0 ||
	    numbers_parse(source, &number) < 0)
		return 0;
	r = devices_path(&sight->sys->kfs, number, &path);
	if (r == 0)
		r = field_set_device(obj, CACHE_SOURCE, path, number);
	if (r == 0)
		field_set_enum(obj, CACHE_MODE, MODE_PASS_THROUGH);
	obj->released = r == 0;
	return r;
}

static int read_counters(struct sight *sight, struct obj *obj)
{
	const struct kfs *kfs = &sight->sys->kfs;
	const char *name = obj_name(obj);
	uint64_t hits, misses, cached;
	char ratio[16] = "-";

	/* The map disappeared, or has no cache. */
	if (kfs_read_u64(kfs, &hits, COUNTERS "/%s/hits", name) < 0 ||
	    kfs_read_u64(kfs, &misses, COUNTERS "/%s/misses", name) < 0 ||
	    kfs_read_u64(kfs, &cached, COUNTERS "/%s/cached_bytes", name) < 0)
		return 0;
	field_set_uint(obj, CACHE_HITS, hits);
	field_set_uint(obj, CACHE_MISSES, misses);
	field_set_size(obj, CACHE_CACHED, cached);
	if (hits + misses > 0)
		snprintf(ratio, sizeof(ratio), "%.1f%%",
			 100.0 * (double)hits / ((double)hits + (double)misses));
	return field_set_string(obj, CACHE_HIT_RATIO, ratio);
}

static int set_use(struct sight *sight, struct obj *obj, const struct dm_map *map)
{
	const struct kfs *kfs = &sight->sys->kfs;
	_cleanup_free_ char *disk = NULL;
	int r = 0;

	if (map->openers > 0)
		r = devices_name(kfs, map->number, &disk);
	return r < 0 ? r : kind_set_use(kfs, &sight->users, disk, map->openers, obj);
}

static int read_map(struct sight *sight, struct obj *obj, const struct dm_map *map)
{
	int r = 0;

	if (map->target && streq(map->target, CACHE_TARGET))
		r = read_cache_line(sight, obj, map->params);
	else if (map->target && streq(map->target, "linear"))
		r = read_linear_line(sight, obj, map->params);
	if (r == 0 && map->sectors > 0)
		field_set_size(obj, CACHE_CAPACITY, map->sectors * 512);
	/* A suspended or half-loaded map differs from any desired cache, so it is loaded again. */
	if (r == 0 && (map->suspended || map->unfinished)) {
		field_clear(obj, CACHE_MODE);
		obj->released = false;
	}
	if (r == 0)
		r = read_counters(sight, obj);
	return r < 0 ? r : set_use(sight, obj, map);
}

/* An owned map has our UUID prefix; a cache created by hand has counters. */
static bool is_cache(struct sight *sight, const char *name, const struct dm_map *map)
{
	return is_ours(map) || kfs_exists(&sight->sys->kfs, COUNTERS "/%s", name);
}

static int observe_map(struct sight *sight, const char *name, const struct dm_map *map,
		       struct model *observed)
{
	struct obj *obj = obj_new(&cache_class);
	int r;

	if (!obj)
		return -ENOMEM;
	obj->owner = is_ours(map) ? OWNER_OURS : OWNER_OTHERS;
	r = field_set_string(obj, CACHE_NAME, name);
	if (r == 0)
		r = read_map(sight, obj, map);
	if (r < 0) {
		obj_free(obj);
		/* The device disappeared. */
		return r == -ENOENT ? 0 : r;
	}
	return model_add(observed, obj);
}

static int observe_name(struct sight *sight, const char *name, struct model *observed)
{
	struct dm_map map = { 0 };
	int r = sight->sys->dm->read(sight->sys, name, &map);

	if (r < 0)
		return r == -ENXIO || r == -ENODEV ? 0 : r;
	if (is_cache(sight, name, &map))
		r = observe_map(sight, name, &map, observed);
	dm_map_done(&map);
	return r;
}

int cache_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	struct sight sight = { .sys = sys };
	int r;

	if (!kfs_exists(&sys->kfs, "sys/module/dm_mod"))
		return 0;
	r = sys->dm->list(sys, &names);
	vec_foreach (name, &names.names) {
		r = observe_name(&sight, *name, observed);
		if (r < 0)
			break;
	}
	users_done(&sight.users);
	return r;
}
