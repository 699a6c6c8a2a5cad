/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe caches: owned maps, and caches that were created by hand. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/use.h"
#include "sys/dm.h"

#include <inttypes.h>

#define COUNTERS "sys/kernel/rapiddisk_cache"

static bool is_ours(const struct dm_map *map)
{
	return strncmp(map->uuid, CACHE_UUID_PREFIX, strlen(CACHE_UUID_PREFIX)) == 0;
}

/*
 * True if the device was unplugged below the map @disk. The map keeps the number in its
 * table, and the kernel keeps the number busy. On a kernel that gives the number away, the
 * new device of that number does not have the map as its holder.
 */
static bool is_gone(const struct kfs *kfs, uint64_t number, const char *disk)
{
	_cleanup_free_ char *name = NULL;

	if (devices_name(kfs, number, &name) == -ENOENT)
		return true;
	return name && kfs_exists(kfs, "sys/class/block/%s/holders", name) &&
	       !kfs_exists(kfs, "sys/class/block/%s/holders/%s", name, disk);
}

static int set_source(const struct kfs *kfs, struct obj *obj, uint64_t number,
		      const char *disk)
{
	struct cache *cache = (struct cache *)obj;
	char text[NUMBERS_TEXT_MAX];
	_cleanup_free_ char *path = NULL;
	int r;

	if (!is_gone(kfs, number, disk)) {
		r = devices_path(kfs, number, &path);
		return r < 0 ? r : field_set_device(obj, CACHE_SOURCE, path, number);
	}
	cache->unplugged = number;
	if (devices_number(kfs, disk, &cache->map) < 0)
		cache->map = 0;
	r = str_format(&path, "%s (unplugged)", numbers_format(number, text));
	return r < 0 ? r : field_set_device(obj, CACHE_SOURCE, path, 0);
}

/* A RAM disk without a name in sysfs is a value too: its number. */
static int ramdisk_name(const struct kfs *kfs, uint64_t number, char **ret)
{
	char text[NUMBERS_TEXT_MAX];
	int r = devices_name(kfs, number, ret);

	return r == -ENOENT ? str_format(ret, "%s", numbers_format(number, text)) : r;
}

/* `<source> <cache> [<sectors> [<mode> [<n> <key> <value>...]]]` */
static int read_cache_line(const struct kfs *kfs, struct obj *obj, const char *params,
			   const char *disk)
{
	char source[NUMBERS_TEXT_MAX], memory[NUMBERS_TEXT_MAX];
	_cleanup_free_ char *ramdisk = NULL;
	uint64_t sectors = 0, limit, number;
	unsigned int mode = 0, stream_limit;
	int n, r;

	n = sscanf(params, "%23s %23s %" SCNu64 " %u 2 stream_limit %u", source, memory,
		   &sectors, &mode, &stream_limit);
	if (n < 2 || numbers_parse(source, &number) < 0)
		return -EBADMSG;
	r = set_source(kfs, obj, number, disk);
	if (r == 0 && numbers_parse(memory, &number) == 0) {
		r = ramdisk_name(kfs, number, &ramdisk);
		if (r == 0)
			r = field_set_string(obj, CACHE_RAMDISK, ramdisk);
	}
	if (r < 0)
		return r;
	if (n < 3 &&
	    kfs_read_u64(kfs, &limit, COUNTERS "/%s/limit_bytes", obj_name(obj)) == 0)
		sectors = limit / 512;
	if (sectors > UINT64_MAX / 512)
		return -EBADMSG;
	field_set_size(obj, ramdisk ? CACHE_RAMDISK_SIZE : CACHE_SIZE, sectors * 512);
	if (n >= 5)
		field_set_size(obj, CACHE_STREAM_LIMIT, UINT64_C(512) * stream_limit);
	field_set_enum(obj, CACHE_MODE, mode ? MODE_WRITE_AROUND : MODE_WRITE_THROUGH);
	return 0;
}

static int read_linear_line(const struct kfs *kfs, struct obj *obj, const char *params,
			    const char *disk)
{
	char source[NUMBERS_TEXT_MAX];
	uint64_t number, offset;
	int r;

	/* No owned linear map has an offset. Leave the fields unset, so that it is replaced. */
	if (sscanf(params, "%23s %" SCNu64, source, &offset) != 2 || offset != 0 ||
	    numbers_parse(source, &number) < 0)
		return 0;
	r = set_source(kfs, obj, number, disk);
	if (r == 0)
		field_set_enum(obj, CACHE_MODE, MODE_PASS_THROUGH);
	obj->released = r == 0;
	return r;
}

static const char *attribute_of(const struct field *field)
{
	return field->attribute ? field->attribute : field->name;
}

static bool is_shown(const struct kfs *kfs, const struct field *field)
{
	return kfs->look != LOOK_FOR_METRICS || field->metric.name ||
	       field->flags & FIELD_LABEL;
}

/*
 * The kernel has a file for each FIELD_COUNTER row of a map that holds a cache. For a plan,
 * the mode is what the table says.
 */
static void read_counters(const struct kfs *kfs, struct obj *obj)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];
		uint64_t value;

		if (!(field->flags & FIELD_COUNTER) || !is_shown(kfs, field) ||
		    (field->type == FIELD_ENUM && kfs->look == LOOK_TO_PLAN) ||
		    kfs_read_u64(kfs, &value, COUNTERS "/%s/%s", obj_name(obj),
				 attribute_of(field)) < 0)
			continue;
		if (field->type == FIELD_SIZE)
			field_set_size(obj, i, value);
		else if (field->type == FIELD_UINT)
			field_set_uint(obj, i, value);
		else if (value < MODE_END)
			field_set_enum(obj, i, (int)value);
	}
}

static int set_hit_ratio(struct obj *obj)
{
	const struct cache *cache = cache_of(obj);
	double hits = (double)cache->hits, misses = (double)cache->misses;
	char ratio[16] = "-";

	if (!field_is_set(obj, CACHE_HITS) || !field_is_set(obj, CACHE_MISSES))
		return 0;
	if (hits + misses > 0)
		snprintf(ratio, sizeof(ratio), "%.1f%%", 100.0 * hits / (hits + misses));
	return field_set_string(obj, CACHE_HIT_RATIO, ratio);
}

/*
 * Without its table, the map shows by its slaves which devices it uses, but not which of
 * them is what. A cache over a RAM disk that has a RAM disk for its memory has two: the later
 * one counts as the memory.
 */
static int read_slaves(const struct kfs *kfs, struct obj *obj, const char *disk)
{
	_cleanup_(kfs_names_done) struct kfs_names slaves = { 0 };
	const char *source = NULL, *memory = NULL, *state = "";
	_cleanup_free_ char *path = NULL;
	int r = kfs_list_sorted(kfs, &slaves, "sys/block/%s/slaves", disk);

	if (r < 0)
		return kfs_missed(kfs, r);
	vec_foreach (name, &slaves.names) {
		if (slaves.names.count > 1 &&
		    kfs_exists(kfs, "sys/block/%s/rapiddisk", *name))
			memory = *name;
	}
	vec_foreach (name, &slaves.names) {
		if (!source && *name != memory)
			source = *name;
	}
	if (memory)
		r = field_set_string(obj, CACHE_RAMDISK, memory);
	/* sysfs keeps the link to an unplugged disk, which then leads nowhere. */
	if (source && !kfs_exists(kfs, "sys/block/%s/slaves/%s/dev", disk, source))
		state = " (unplugged)";
	if (r == 0 && source)
		r = str_format(&path, "/dev/%s%s", source, state);
	return r == 0 && path ? field_set_device(obj, CACHE_SOURCE, path, 0) : r;
}

/* The part that a caller without privilege may read. */
static int read_sysfs(const struct kfs *kfs, struct obj *obj, const char *disk)
{
	int r = read_slaves(kfs, obj, disk);

	/* A map whose counters cannot be read holds no cache. */
	if (r == 0 && !field_is_set(obj, CACHE_HITS)) {
		field_set_enum(obj, CACHE_MODE, MODE_PASS_THROUGH);
		obj->released = true;
	}
	return r;
}

static int read_map(struct sys *sys, struct obj *obj, const struct dm_entry *entry,
		    const struct dm_map *map)
{
	const struct kfs *kfs = &sys->kfs;
	int r = 0;

	if (map->target && streq(map->target, CACHE_TARGET))
		r = read_cache_line(kfs, obj, map->params, entry->disk);
	else if (map->target && streq(map->target, "linear"))
		r = read_linear_line(kfs, obj, map->params, entry->disk);
	if (r < 0)
		return r;
	if (map->sectors > 0 || kfs->look != LOOK_TO_PLAN)
		field_set_size(obj, CACHE_CAPACITY, map->sectors * 512);
	read_counters(kfs, obj);
	if (sys->dm == &dm_sysfs)
		r = read_sysfs(kfs, obj, entry->disk);
	/* A suspended or half-loaded map differs from any desired cache, so it is loaded again. */
	if (kfs->look == LOOK_TO_PLAN && (map->suspended || map->unfinished)) {
		field_clear(obj, CACHE_MODE);
		obj->released = false;
	}
	if (r == 0)
		r = set_hit_ratio(obj);
	if (r == 0 && kfs->look != LOOK_FOR_METRICS)
		r = kind_set_use(kfs, &sys->users, entry->disk, map->openers, obj);
	return r;
}

/* An owned map has our UUID prefix; a cache created by hand has counters. */
static bool is_cache(const struct kfs *kfs, const char *name, const struct dm_map *map)
{
	return is_ours(map) || kfs_exists(kfs, COUNTERS "/%s", name);
}

static int observe_map(struct sys *sys, const struct dm_entry *entry,
		       const struct dm_map *map, struct model *observed)
{
	struct obj *obj = obj_new(&cache_class);
	int r;

	if (!obj)
		return -ENOMEM;
	obj->owner = is_ours(map) ? OWNER_OURS : OWNER_OTHERS;
	r = field_set_string(obj, CACHE_NAME, entry->name);
	if (r == 0)
		r = read_map(sys, obj, entry, map);
	if (r < 0) {
		obj_free(obj);
		return kfs_missed(&sys->kfs, r);
	}
	return model_add(observed, obj);
}

static int observe_entry(struct sys *sys, const struct dm_entry *entry,
			 struct model *observed)
{
	struct dm_map map = { 0 };
	int r = sys->dm->read(sys, entry, &map);

	/* The map was removed since the list was made. */
	if (r < 0)
		return r == -ENXIO || r == -ENODEV ? 0 : kfs_missed(&sys->kfs, r);
	if (is_cache(&sys->kfs, entry->name, &map)) {
		r = sys->dm->read_table(sys, entry, &map);
		if (r == 0)
			r = observe_map(sys, entry, &map, observed);
		else
			r = r == -ENXIO || r == -ENODEV ? 0 : kfs_missed(&sys->kfs, r);
	} else if (sys->kfs.reads_extras) {
		r = cache_observe_peer(&sys->kfs, entry, observed);
	}
	dm_map_done(&map);
	return r;
}

int cache_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(dm_entries_done) struct dm_entries entries = { 0 };
	int r;

	if (!kfs_exists(&sys->kfs, "sys/module/dm_mod"))
		return 0;
	r = sys->dm->list(sys, &entries);
	vec_foreach (entry, &entries.list) {
		if (r == 0)
			r = observe_entry(sys, entry, observed);
	}
	return kfs_missed(&sys->kfs, r);
}
