/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches: /dev/mapper/NAME over a source, by the device-mapper target rapiddisk-cache.
 *
 * A cache that should go while it is mounted becomes a linear map over its source, and so
 * does one that cannot be made: whoever waits for the name finds the data.
 */
#include "base/cleanup.h"
#include "base/units.h"
#include "kind/kind.h"
#include "port/devices.h"
#include "port/users.h"

#include <inttypes.h>
#include <stdarg.h>

#define TARGET	    "rapiddisk-cache"
#define UUID_PREFIX DEVICES_OUR_PREFIX "cache-"
#define COUNTERS    "sys/kernel/rapiddisk_cache"
#define ROOT	    "root"

/* The target's unit, and the least that it takes of them. */
#define BLOCK_BYTES 4096
#define BYTES_MIN   (16 * BLOCK_BYTES)

enum mode { MODE_WRITE_THROUGH, MODE_WRITE_AROUND, MODE_END, MODE_PASS_THROUGH };

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

static const char *const mode_words[] = {
	[MODE_WRITE_THROUGH] = "write-through",
	[MODE_WRITE_AROUND] = "write-around",
	[MODE_END] = NULL,
	[MODE_PASS_THROUGH] = "pass-through",
	NULL,
};

static const struct field cache_fields[] = {
	[CACHE_NAME] = FIELD(
		cache, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		.pattern = "^[A-Za-z0-9][A-Za-z0-9#+.:=@_-]{0,99}$",
		.expects =
			"letters, digits and any of #+.:=@_-, a letter or digit first, 100 at most",
		.doc = "The device's name: data is /dev/mapper/data"),
	[CACHE_SOURCE] = FIELD(
		cache, source, FIELD_DEVICE, .flags = FIELD_REQUIRED | FIELD_IMMUTABLE,
		.pattern = "^(root|/dev/[^ ]+|(UUID|LABEL|PARTUUID|PARTLABEL)=.+)$",
		.expects =
			"a path below /dev, UUID=, LABEL=, PARTUUID= or PARTLABEL= and a "
			"value, or root",
		.doc = "The device that is cached: a path, UUID=, LABEL=, PARTUUID=, "
		       "PARTLABEL=, or root: the one that holds the root file system"),
	[CACHE_RAMDISK] = FIELD(cache, ramdisk, FIELD_STRING, .flags = FIELD_EXACT,
				.pattern = "^rd(0|[1-9][0-9]{0,5})$",
				.expects = "the name of a RAM disk, as in 'rd0'",
				.refers = &kind_ramdisk.class,
				.doc = "The RAM disk whose memory it uses; this or size"),
	[CACHE_SIZE] =
		FIELD(cache, size, FIELD_SIZE, .flags = FIELD_EXACT, .min = BYTES_MIN,
		      .multiple = BLOCK_BYTES,
		      .doc = "Memory of its own, written as the size of a RAM disk; "
			     "this or ramdisk"),
	[CACHE_MODE] = FIELD(
		cache, mode, FIELD_ENUM, .value = "write-through", .words = mode_words,
		.refused = "write-back",
		.refused_why =
			"what is acknowledged has to be on the source, and RAM loses it",
		.doc = "What becomes of writes, all of which go to the source first: "
		       "write-through caches them too, write-around does not"),
	[CACHE_STREAM_LIMIT] =
		FIELD(cache, stream_limit, FIELD_SIZE, .flags = FIELD_EXACT, .min = 512,
		      .multiple = 512, .max = UINT64_C(1) << 40,
		      .doc = "A sequential stream passes the cache by after so much"),
	[CACHE_WAIT] =
		FIELD(cache, wait, FIELD_DURATION, .flags = FIELD_POLICY, .value = "10s",
		      .max = 3600000, .doc = "How long to wait for the source to appear"),
	[CACHE_RAMDISK_SIZE] =
		FIELD(cache, ramdisk_size, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "How much of its RAM disk it uses: all of it"),
	[CACHE_CAPACITY] = FIELD(cache, capacity, FIELD_SIZE, .flags = FIELD_DERIVED,
				 .doc = "Size of the device: that of its source"),
	[CACHE_CACHED] = FIELD(cache, cached, FIELD_SIZE, .flags = FIELD_LIVE,
			       .doc = "What it holds now"),
	[CACHE_HITS] = FIELD(cache, hits, FIELD_UINT, .flags = FIELD_LIVE,
			     .doc = "Reads that it answered"),
	[CACHE_MISSES] = FIELD(cache, misses, FIELD_UINT, .flags = FIELD_LIVE,
			       .doc = "Reads that went to the source"),
	[CACHE_HIT_RATIO] = FIELD(cache, hit_ratio, FIELD_STRING, .flags = FIELD_LIVE,
				  .doc = "Share of the hits in both"),
};

static const struct cache *cache_of(const struct obj *obj)
{
	return (const struct cache *)obj;
}

static bool is_root(const struct obj *want)
{
	return streq(cache_of(want)->source.text, ROOT);
}

/* --- the file --- */

/* Return: false once something was said: the other ones are the same error again. */
static bool validate_pair(const struct obj *want, const struct obj *other,
			  struct diag *diag)
{
	const struct cache *cache = cache_of(want), *first = cache_of(other);

	if (field_is_set(other, CACHE_SOURCE) &&
	    streq(cache->source.text, first->source.text)) {
		diag_add(diag, obj_field_pos(want, CACHE_SOURCE),
			 "cache '%s': source '%s' is that of cache '%s' at line %u",
			 cache->name, cache->source.text, first->name, other->pos.line);
		return false;
	}
	if (field_is_set(want, CACHE_RAMDISK) && field_is_set(other, CACHE_RAMDISK) &&
	    streq(cache->ramdisk, first->ramdisk)) {
		diag_add(diag, obj_field_pos(want, CACHE_RAMDISK),
			 "cache '%s': ramdisk '%s' is that of cache '%s' at line %u",
			 cache->name, cache->ramdisk, first->name, other->pos.line);
		return false;
	}
	return true;
}

static void cache_validate(const struct obj *want, const struct model *desired,
			   struct diag *diag)
{
	const struct cache *cache = cache_of(want);
	bool has_ramdisk = field_is_set(want, CACHE_RAMDISK);

	if (streq(cache->name, "control"))
		diag_add(diag, obj_field_pos(want, CACHE_NAME),
			 "cache 'control': device-mapper keeps this name for itself");
	if (has_ramdisk == field_is_set(want, CACHE_SIZE))
		diag_add(diag, want->pos,
			 "cache '%s': give it a ramdisk or a size, one of the two",
			 cache->name);
	vec_foreach (other, &desired->objs) {
		if (*other == want || ((*other)->class == want->class &&
				       !validate_pair(want, *other, diag)))
			break;
	}
}

/* --- what is wanted, on this machine --- */

static _printf_(2, 3) int set_unmet(struct obj *want, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(&want->unmet, fmt, args);
	va_end(args);
	if (r < 0) {
		want->unmet = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int set_missing(struct obj *want, const char *spec)
{
	want->patience_ms = cache_of(want)->wait;
	return set_unmet(want,
			 "its source '%s' is not there; connect it, or correct its name",
			 spec);
}

static int set_ambiguous(struct ports *ports, struct obj *want, const char *spec,
			 const struct device_numbers *found)
{
	_cleanup_(buf_done) struct buf names = { 0 };

	vec_foreach (number, &found->numbers) {
		_cleanup_free_ char *path = NULL;

		if (devices_path(&ports->kfs, *number, &path) < 0)
			path = NULL;
		buf_addf(&names, "%s'%s'", names.len ? " and " : "",
			 path ? path : "a device that is gone");
	}
	if (names.failed)
		return -ENOMEM;
	return set_unmet(
		want,
		"its source '%s' is not one device but %zu, %s: name one of them by "
		"its path, or give the copy another UUID",
		spec, found->numbers.count, names.data);
}

static int find_source(struct ports *ports, struct obj *want, uint64_t *ret)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };
	_cleanup_free_ char *root_spec = NULL;
	const char *spec = cache_of(want)->source.text;
	int r;

	*ret = 0;
	if (is_root(want)) {
		r = devices_find_root(ports, &found, &root_spec);
		spec = root_spec ? root_spec : spec;
	} else {
		r = devices_find(ports, spec, &found);
	}
	if (is_root(want) && (r == -EOPNOTSUPP || r == -EINVAL))
		return set_unmet(want, "the root file system is on no block device%s%s%s",
				 root_spec ? ": root='" : "", root_spec ? root_spec : "",
				 root_spec ? "'" : "");
	if (r == -ENOTBLK || r == -EINVAL)
		return set_unmet(want, "its source '%s' is not a block device", spec);
	if (r < 0)
		return r;
	if (found.numbers.count == 0)
		return set_missing(want, spec);
	if (found.numbers.count > 1)
		return set_ambiguous(ports, want, spec, &found);
	*ret = found.numbers.items[0];
	return 0;
}

static int check_twice(struct obj *want, const struct model *desired)
{
	uint64_t number = cache_of(want)->source.number;

	vec_foreach (other, &desired->objs) {
		if (*other == want)
			break;
		if ((*other)->class == want->class &&
		    cache_of(*other)->source.number == number)
			return set_unmet(
				want, "its source '%s' is the device that cache '%s' has",
				cache_of(want)->source.text, obj_name(*other));
	}
	return 0;
}

/* Is all that holds the source a cache of ours that this run takes away? */
static bool is_held_by_leaving(const struct model *desired, const struct model *observed,
			       uint64_t number)
{
	vec_foreach (have, &observed->objs) {
		if ((*have)->class == &kind_cache.class && (*have)->owner == OWNER_OURS &&
		    cache_of(*have)->source.number == number)
			return !model_find(desired, &kind_cache.class, obj_name(*have));
	}
	return false;
}

static int defer(struct ports *ports, struct obj *want)
{
	if (ports->initramfs_error[0])
		return set_unmet(want,
				 "the initramfs of this boot could not make it: %s; it "
				 "tries again at the next boot",
				 ports->initramfs_error);
	want->deferred = true;
	return set_unmet(want,
			 "it holds the root file system, and starts at the next boot: %s",
			 ports->next_boot ? ports->next_boot : "restart");
}

static bool is_root_device(struct ports *ports, uint64_t number)
{
	_cleanup_(device_numbers_done) struct device_numbers root = { 0 };
	_cleanup_free_ char *spec = NULL;

	return devices_find_root(ports, &root, &spec) == 0 && root.numbers.count == 1 &&
	       root.numbers.items[0] == number;
}

static int check_free(struct ports *ports, struct obj *want, const struct model *desired,
		      const struct model *observed)
{
	uint64_t number = cache_of(want)->source.number;
	_cleanup_(users_done) struct users users = { 0 };
	_cleanup_free_ char *name = NULL, *use = NULL;
	int r;

	if (!ports->initramfs && (is_root(want) || is_root_device(ports, number)))
		return defer(ports, want);
	if (is_held_by_leaving(desired, observed, number))
		return 0;
	r = devices_name(&ports->kfs, number, &name);
	if (r == 0)
		r = users_describe(&users, &ports->kfs, name, &use);
	if (r < 0)
		return r == -ENOENT ? set_missing(want, cache_of(want)->source.text) : r;
	if (!use)
		return 0;
	return set_unmet(want, "its source '%s' is %s", cache_of(want)->source.text, use);
}

/* A cache takes the RAM disk's memory, and what is in it goes. */
static int check_ramdisk(struct obj *want, const struct model *desired,
			 const struct model *observed)
{
	const char *name = cache_of(want)->ramdisk;
	const struct obj *ramdisk;

	if (!field_is_set(want, CACHE_RAMDISK))
		return 0;
	ramdisk = model_find(observed, &kind_ramdisk.class, name);
	/* Of a preallocated one nobody knows what is content. */
	if (!ramdisk || !ramdisk->content || ramdisk->holders > 0 ||
	    ramdisk_is_preallocated(ramdisk) ||
	    kind_ramdisk.may_lose(model_find(desired, &kind_ramdisk.class, name)))
		return 0;
	return set_unmet(want,
			 "it would lose %s in ramdisk '%s'; 'on_change: replace' there "
			 "allows that",
			 ramdisk->content, name);
}

/* A RAM disk is used whole, as large as it shall be. */
static void derive_ramdisk_size(struct obj *want, const struct model *desired)
{
	const struct obj *ramdisk;

	if (!field_is_set(want, CACHE_RAMDISK))
		return;
	ramdisk = model_find(desired, &kind_ramdisk.class, cache_of(want)->ramdisk);
	field_set_size(want, CACHE_RAMDISK_SIZE,
		       ramdisk_bytes(ramdisk) / BLOCK_BYTES * BLOCK_BYTES);
}

static int cache_resolve(struct ports *ports, struct obj *want,
			 const struct model *desired, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));
	uint64_t number, bytes;
	int r = find_source(ports, want, &number);

	if (r < 0)
		return r;
	derive_ramdisk_size(want, desired);
	r = field_set_device(want, CACHE_SOURCE, NULL, number);
	field_clear(want, CACHE_CAPACITY);
	if (r < 0 || number == 0)
		return r;
	if (devices_bytes(&ports->kfs, number, &bytes) == 0)
		field_set_size(want, CACHE_CAPACITY, bytes);
	r = check_twice(want, desired);
	if (r < 0 || want->unmet)
		return r;
	if (!have || cache_of(have)->source.number != number)
		r = check_free(ports, want, desired, observed);
	if (r == 0 && !want->unmet && (!have || have->released))
		r = check_ramdisk(want, desired, observed);
	return r;
}

/* --- observe --- */

struct sight {
	struct ports *ports;
	struct users users;
};

static bool is_ours(const struct dm_map *map)
{
	return strncmp(map->uuid, UUID_PREFIX, strlen(UUID_PREFIX)) == 0;
}

/* `<source> <cache> [<sectors> [<mode> [<n> <key> <value>...]]]` */
static int read_cache_line(struct sight *sight, struct obj *obj, const char *params)
{
	const struct kfs *kfs = &sight->ports->kfs;
	char source[DEVICES_NUMBER_MAX], memory[DEVICES_NUMBER_MAX];
	_cleanup_free_ char *path = NULL, *ramdisk = NULL;
	uint64_t sectors = 0, limit, number;
	unsigned int mode = 0, stream_limit;
	int n, r;

	n = sscanf(params, "%23s %23s %" SCNu64 " %u 2 stream_limit %u", source, memory,
		   &sectors, &mode, &stream_limit);
	if (n < 2 || devices_parse_number(source, &number) < 0)
		return -EBADMSG;
	r = devices_path(kfs, number, &path);
	if (r == 0)
		r = field_set_device(obj, CACHE_SOURCE, path, number);
	if (r == 0 && devices_parse_number(memory, &number) == 0) {
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
	char source[DEVICES_NUMBER_MAX];
	_cleanup_free_ char *path = NULL;
	uint64_t number, offset;
	int r;

	/* With an offset it is no map of ours, whatever its UUID says: to be replaced. */
	if (sscanf(params, "%23s %" SCNu64, source, &offset) != 2 || offset != 0 ||
	    devices_parse_number(source, &number) < 0)
		return 0;
	r = devices_path(&sight->ports->kfs, number, &path);
	if (r == 0)
		r = field_set_device(obj, CACHE_SOURCE, path, number);
	if (r == 0)
		field_set_enum(obj, CACHE_MODE, MODE_PASS_THROUGH);
	obj->released = r == 0;
	return r;
}

static int read_counters(struct sight *sight, struct obj *obj)
{
	const struct kfs *kfs = &sight->ports->kfs;
	const char *name = obj_name(obj);
	uint64_t hits, misses, cached;
	char ratio[16] = "-";

	/* Gone, or the map holds no cache. */
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

static int describe_use(struct sight *sight, struct obj *obj, const struct dm_map *map)
{
	_cleanup_free_ char *disk = NULL;
	uint64_t openers = map->openers;
	int r;

	obj->holders = openers;
	if (openers == 0)
		return 0;
	r = devices_name(&sight->ports->kfs, map->number, &disk);
	if (r == 0)
		r = users_describe(&sight->users, &sight->ports->kfs, disk, &obj->in_use);
	if (r < 0 || obj->in_use)
		return r;
	obj->passing = true;
	if (asprintf(&obj->in_use, "held open %" PRIu64 " time%s", openers,
		     openers == 1 ? "" : "s") < 0) {
		obj->in_use = NULL;
		return -ENOMEM;
	}
	return 0;
}

static int read_map(struct sight *sight, struct obj *obj, const struct dm_map *map)
{
	int r = 0;

	if (map->target && streq(map->target, TARGET))
		r = read_cache_line(sight, obj, map->params);
	else if (map->target && streq(map->target, "linear"))
		r = read_linear_line(sight, obj, map->params);
	if (r == 0 && map->sectors > 0)
		field_set_size(obj, CACHE_CAPACITY, map->sectors * 512);
	/* What somebody left half done has to be loaded anew, and that is a change. */
	if (r == 0 && (map->suspended || map->unfinished)) {
		field_clear(obj, CACHE_MODE);
		obj->released = false;
	}
	if (r == 0)
		r = read_counters(sight, obj);
	return r < 0 ? r : describe_use(sight, obj, map);
}

/* Ours by its UUID; one that somebody made by hand by its counters. */
static bool is_cache(struct sight *sight, const char *name, const struct dm_map *map)
{
	return is_ours(map) || kfs_exists(&sight->ports->kfs, COUNTERS "/%s", name);
}

static int observe_map(struct sight *sight, const char *name, const struct dm_map *map,
		       struct model *observed)
{
	struct obj *obj = obj_new(&kind_cache.class);
	int r;

	if (!obj)
		return -ENOMEM;
	obj->owner = is_ours(map) ? OWNER_OURS : OWNER_OTHERS;
	r = field_set_string(obj, CACHE_NAME, name);
	if (r == 0)
		r = read_map(sight, obj, map);
	if (r < 0) {
		obj_free(obj);
		/* Gone meanwhile. */
		return r == -ENOENT ? 0 : r;
	}
	return model_add(observed, obj);
}

static int observe_name(struct sight *sight, const char *name, struct model *observed)
{
	struct dm_map map = { 0 };
	int r = sight->ports->dm->read(sight->ports, name, &map);

	if (r < 0)
		return r == -ENXIO || r == -ENODEV ? 0 : r;
	if (is_cache(sight, name, &map))
		r = observe_map(sight, name, &map, observed);
	dm_map_done(&map);
	return r;
}

static int cache_observe(struct ports *ports, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	struct sight sight = { .ports = ports };
	int r;

	if (!kfs_exists(&ports->kfs, "sys/module/dm_mod"))
		return 0;
	r = ports->dm->list(ports, &names);
	vec_foreach (name, &names.names) {
		r = observe_name(&sight, *name, observed);
		if (r < 0)
			break;
	}
	users_done(&sight.users);
	return r;
}

/* --- act --- */

static const char *hint_for(int error)
{
	switch (error) {
	case -EBUSY:
	case -EEXIST:
		return "the name or the source is taken: see 'dmsetup info' and 'lsblk'";
	case -ENOMEM:
		return "free memory, or ask for less";
	case -ENXIO:
	case -ENODEV:
		return "does this kernel have device-mapper?";
	case -EACCES:
	case -EPERM:
		return "run as root";
	default:
		return "see the kernel's log";
	}
}

static int cache_params(struct ports *ports, const struct obj *want, struct buf *out)
{
	const struct cache *cache = cache_of(want);
	char source[DEVICES_NUMBER_MAX], memory[DEVICES_NUMBER_MAX] = "-";
	uint64_t number;
	int r = 0;

	if (field_is_set(want, CACHE_RAMDISK)) {
		r = devices_number(&ports->kfs, cache->ramdisk, &number);
		if (r < 0)
			return r;
		devices_format_number(number, memory);
	}
	buf_addf(out, "%s %s %" PRIu64 " %d",
		 devices_format_number(cache->source.number, source), memory,
		 (cache->size.bytes + cache->ramdisk_size.bytes) / 512,
		 cache->mode == MODE_WRITE_AROUND);
	if (field_is_set(want, CACHE_STREAM_LIMIT))
		buf_addf(out, " 2 stream_limit %" PRIu64,
			 cache->stream_limit.bytes / 512);
	return out->failed ? -ENOMEM : 0;
}

static int cache_create(struct ports *ports, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 };
	struct dm_line line = { cache->capacity.bytes / 512, TARGET, NULL };
	int r = cache_params(ports, want, &params);

	buf_addf(&uuid, UUID_PREFIX "%s", cache->name);
	if (r == 0 && uuid.failed)
		r = -ENOMEM;
	line.params = params.data;
	if (r == 0)
		r = ports->dm->create(ports, cache->name, uuid.data, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot map '%s'",
				 cache->source.text)
		     : 0;
}

static int cache_fall_back(struct ports *ports, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 };
	struct dm_line line = { cache->capacity.bytes / 512, "linear", NULL };
	char source[DEVICES_NUMBER_MAX];
	int r;

	buf_addf(&params, "%s 0", devices_format_number(cache->source.number, source));
	buf_addf(&uuid, UUID_PREFIX "%s", cache->name);
	if (params.failed || uuid.failed)
		return -ENOMEM;
	line.params = params.data;
	/* What failed may have been the module that would have loaded it. */
	if (ports->load_module && !kfs_exists(&ports->kfs, "sys/module/dm_mod"))
		(void)ports->load_module("dm_mod", &ports->fault); /* create says it */
	r = ports->dm->create(ports, cache->name, uuid.data, &line);
	if (r < 0)
		return kind_fail(why, r, NULL, "and it cannot pass through either");
	buf_addf(why, "'/dev/mapper/%s' passes through, uncached", cache->name);
	return 0;
}

static int cache_update(struct ports *ports, const struct obj *have,
			const struct obj *want, uint64_t changed, struct buf *why)
{
	_cleanup_(buf_done) struct buf params = { 0 };
	struct dm_line line = { cache_of(want)->capacity.bytes / 512, TARGET, NULL };
	int r = cache_params(ports, want, &params);

	(void)changed;
	line.params = params.data;
	if (r == 0)
		r = ports->dm->reload(ports, cache_of(have)->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot load its new table") : 0;
}

static int cache_remove(struct ports *ports, const struct obj *have, struct buf *why)
{
	int r = ports->dm->remove(ports, cache_of(have)->name);

	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot unmap it") : 0;
}

static int cache_release(struct ports *ports, const struct obj *have, struct buf *why)
{
	const struct cache *cache = cache_of(have);
	_cleanup_(buf_done) struct buf params = { 0 };
	struct dm_line line = { cache->capacity.bytes / 512, "linear", NULL };
	char source[DEVICES_NUMBER_MAX];
	int r;

	buf_addf(&params, "%s 0", devices_format_number(cache->source.number, source));
	if (params.failed)
		return -ENOMEM;
	line.params = params.data;
	r = ports->dm->reload(ports, cache->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot switch it off") : 0;
}

/* A UUID can be given once; a map that has another one belongs to whoever gave it. */
static int cache_adopt(struct ports *ports, const struct obj *have, struct buf *why)
{
	_cleanup_(buf_done) struct buf uuid = { 0 };
	int r;

	buf_addf(&uuid, UUID_PREFIX "%s", obj_name(have));
	if (uuid.failed)
		return -ENOMEM;
	r = ports->dm->set_uuid(ports, obj_name(have), uuid.data);
	return r < 0 ? kind_fail(why, r, NULL, "cannot take it over") : 0;
}

/* --- policy --- */

static bool cache_uses(const struct obj *obj, const struct obj *other)
{
	return other->class == &kind_ramdisk.class && field_is_set(obj, CACHE_RAMDISK) &&
	       streq(cache_of(obj)->ramdisk, obj_name(other));
}

/* Its own: that of a RAM disk is counted there. */
static uint64_t cache_memory(const struct obj *obj)
{
	return cache_of(obj)->size.bytes;
}

bool cache_is_for_initramfs(struct ports *ports, const struct obj *want)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };

	if (want->class != &kind_cache.class)
		return false;
	return is_root(want) ||
	       (devices_find(ports, cache_of(want)->source.text, &found) == 0 &&
		found.numbers.count == 1 &&
		is_root_device(ports, found.numbers.items[0]));
}

const struct kind kind_cache = {
	.class = {
		.name = "cache",
		.section = "caches",
		.doc = "Caches of block devices, /dev/mapper/NAME",
		.size = sizeof(struct cache),
		.rank = 20,
		.fields = cache_fields,
		.field_count = ARRAY_SIZE(cache_fields),
		.validate = cache_validate,
	},
	.module = "rapiddisk_cache",
	.observe = cache_observe,
	.resolve = cache_resolve,
	.create = cache_create,
	.update = cache_update,
	.remove = cache_remove,
	.release = cache_release,
	.fall_back = cache_fall_back,
	.adopt = cache_adopt,
	.uses = cache_uses,
	.memory = cache_memory,
};
