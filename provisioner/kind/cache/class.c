/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches: /dev/mapper/NAME over a source, by the device-mapper target rapiddisk-cache.
 *
 * A cache that should go while it is mounted becomes a linear map over its source, and so
 * does one that cannot be made: whoever waits for the name finds the data.
 */
#include "base/cleanup.h"
#include "base/units.h"
#include "kind/cache/cache.h"
#include "kind/nvmet/nvmet.h"
#include "kind/say.h"
#include "sys/users.h"

#include <inttypes.h>

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
		.max = 100, .pattern = "^[A-Za-z0-9][A-Za-z0-9#+.:=@_-]*$",
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
				.refers = &ramdisk_class,
				.doc = "The RAM disk whose memory it uses; this or size"),
	[CACHE_SIZE] =
		FIELD(cache, size, FIELD_SIZE, .flags = FIELD_EXACT,
		      .min = CACHE_BYTES_MIN, .multiple = CACHE_BLOCK_BYTES,
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

/* --- act --- */

static const char *hint_for(int error)
{
	switch (error) {
	case -EBUSY:
	case -EEXIST:
		return "its name, its source or its RAM disk is in use: see 'dmsetup info', "
		       "'lsblk' and the kernel's log";
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

static int cache_params(struct sys *sys, const struct obj *want, struct buf *out)
{
	const struct cache *cache = cache_of(want);
	char source[DEVICES_NUMBER_MAX], memory[DEVICES_NUMBER_MAX] = "-";
	uint64_t number;
	int r = 0;

	if (field_is_set(want, CACHE_RAMDISK)) {
		r = devices_number(&sys->kfs, cache->ramdisk, &number);
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

/*
 * What was to go before may still be there, and device-mapper would map the source twice.
 * Return: 0; -EBUSY and a sentence; -errno.
 */
static int refuse_held(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	_cleanup_free_ char *disk = NULL;
	int r = devices_name(&sys->kfs, cache->source.number, &disk);

	if (r == 0)
		r = users_list_holders(&sys->kfs, disk, &holders);
	if (r < 0)
		return kind_fail(why, r, NULL, "cannot find out what holds '%s'",
				 cache->source.text);
	if (holders.names.count == 0)
		return 0;
	return kind_fail(why, -EBUSY, NULL, "its source '%s' is still mapped by '%s'",
			 cache->source.text, holders.names.items[0]);
}

static int cache_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 };
	struct dm_line line = { cache->capacity.bytes / 512, CACHE_TARGET, NULL };
	int r = refuse_held(sys, want, why);

	if (r < 0)
		return r;
	r = cache_params(sys, want, &params);
	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", cache->name);
	if (r == 0 && uuid.failed)
		r = -ENOMEM;
	line.params = params.data;
	if (r == 0)
		r = sys->dm->create(sys, cache->name, uuid.data, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot map '%s'",
				 cache->source.text)
		     : 0;
}

static int cache_fall_back(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 }, held = { 0 };
	struct dm_line line = { cache->capacity.bytes / 512, "linear", NULL };
	char source[DEVICES_NUMBER_MAX];
	int r = refuse_held(sys, want, &held);

	if (r < 0)
		return kind_fail(why, r, NULL, "and it cannot pass through either");
	buf_addf(&params, "%s 0", devices_format_number(cache->source.number, source));
	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", cache->name);
	if (params.failed || uuid.failed)
		return -ENOMEM;
	line.params = params.data;
	/* What failed may have been the module that would have loaded it. */
	if (sys->load_module && !kfs_exists(&sys->kfs, "sys/module/dm_mod"))
		(void)sys->load_module("dm_mod", &sys->fault); /* create says it */
	r = sys->dm->create(sys, cache->name, uuid.data, &line);
	if (r < 0)
		return kind_fail(why, r, NULL, "and it cannot pass through either");
	buf_addf(why, "'/dev/mapper/%s' passes through, uncached", cache->name);
	return 0;
}

static int cache_update(struct sys *sys, const struct obj *have, const struct obj *want,
			uint64_t changed, struct buf *why)
{
	_cleanup_(buf_done) struct buf params = { 0 };
	struct dm_line line = { cache_of(want)->capacity.bytes / 512, CACHE_TARGET,
				NULL };
	int r = cache_params(sys, want, &params);

	if (r == 0 && changed & 1u << CACHE_CAPACITY)
		r = nvmet_expect_size(sys, "/dev/mapper/%s", cache_of(have)->name);
	line.params = params.data;
	if (r == 0)
		r = sys->dm->reload(sys, cache_of(have)->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot load its new table") : 0;
}

static int cache_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = sys->dm->remove(sys, cache_of(have)->name);

	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot unmap it") : 0;
}

static int cache_release(struct sys *sys, const struct obj *have, struct buf *why)
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
	r = sys->dm->reload(sys, cache->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot switch it off") : 0;
}

static void cache_settle(struct sys *sys)
{
	sys->dm->settle(sys);
}

/* A UUID can be given once; a map that has another one belongs to whoever gave it. */
static int cache_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_(buf_done) struct buf uuid = { 0 };
	int r;

	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", obj_name(have));
	if (uuid.failed)
		return -ENOMEM;
	r = sys->dm->set_uuid(sys, obj_name(have), uuid.data);
	return r < 0 ? kind_fail(why, r, NULL, "cannot take it over") : 0;
}

/* --- policy --- */

static bool cache_uses(const struct obj *obj, const struct obj *other)
{
	return other->class == &ramdisk_class && field_is_set(obj, CACHE_RAMDISK) &&
	       streq(cache_of(obj)->ramdisk, obj_name(other));
}

/* Its own: that of a RAM disk is counted there. */
static uint64_t cache_memory(const struct obj *obj)
{
	return cache_of(obj)->size.bytes;
}

uint64_t cache_capacity(const struct obj *want)
{
	return cache_of(want)->capacity.bytes;
}

const struct obj_class cache_class = {
	.name = "cache",
	.section = "caches",
	.doc = "Caches of block devices, /dev/mapper/NAME",
	.size = sizeof(struct cache),
	.rank = RANK_CACHE,
	.fields = cache_fields,
	.field_count = ARRAY_SIZE(cache_fields),
	.validate = cache_validate,
};

const struct kind kind_cache = {
	.class = &cache_class,
	.modules = (const char *const[]){ "rapiddisk_cache", NULL },
	.observe = cache_observe,
	.resolve = cache_resolve,
	.create = cache_create,
	.update = cache_update,
	.remove = cache_remove,
	.release = cache_release,
	.fall_back = cache_fall_back,
	.settle = cache_settle,
	.adopt = cache_adopt,
	.uses = cache_uses,
	.memory = cache_memory,
};
