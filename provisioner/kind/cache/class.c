/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches, /dev/mapper/NAME over a source: their keys, and what the file may say. */
#include "kind/cache/cache.h"

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
		.doc = "The device to cache: a path, UUID=, LABEL=, PARTUUID=, "
		       "PARTLABEL=, or root for the device of the root file system"),
	[CACHE_RAMDISK] =
		FIELD(cache, ramdisk, FIELD_STRING, .flags = FIELD_EXACT,
		      .pattern = "^rd(0|[1-9][0-9]{0,5})$",
		      .expects = "the name of a RAM disk, as in 'rd0'",
		      .refers = &ramdisk_class,
		      .doc = "The RAM disk whose memory the cache uses; either this or "
			     "size"),
	[CACHE_SIZE] =
		FIELD(cache, size, FIELD_SIZE, .flags = FIELD_EXACT,
		      .min = CACHE_BYTES_MIN, .multiple = CACHE_BLOCK_BYTES,
		      .doc = "Memory of the cache itself, written as the size of a RAM "
			     "disk; either this or ramdisk"),
	[CACHE_MODE] = FIELD(
		cache, mode, FIELD_ENUM, .value = "write-through", .words = mode_words,
		.refused = "write-back",
		.refused_why = "an acknowledged write must be on the source, and RAM "
			       "loses its content",
		.doc = "Treatment of writes, which all go to the source first: "
		       "write-through also caches them, write-around does not"),
	[CACHE_STREAM_LIMIT] =
		FIELD(cache, stream_limit, FIELD_SIZE, .flags = FIELD_EXACT, .min = 512,
		      .multiple = 512, .max = UINT64_C(1) << 40,
		      .doc = "Length after which a sequential stream bypasses the cache"),
	[CACHE_WAIT] =
		FIELD(cache, wait, FIELD_DURATION, .flags = FIELD_POLICY, .value = "10s",
		      .max = 3600000, .doc = "How long to wait for the source to appear"),
	[CACHE_RAMDISK_SIZE] =
		FIELD(cache, ramdisk_size, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "Used size of the RAM disk, which is all of the disk"),
	[CACHE_CAPACITY] =
		FIELD(cache, capacity, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "Size of the device, which is the size of the source"),
	[CACHE_CACHED] = FIELD(cache, cached, FIELD_SIZE, .flags = FIELD_LIVE,
			       .doc = "Memory that holds cached data now"),
	[CACHE_HITS] = FIELD(cache, hits, FIELD_UINT, .flags = FIELD_LIVE,
			     .doc = "Reads that the cache answered"),
	[CACHE_MISSES] = FIELD(cache, misses, FIELD_UINT, .flags = FIELD_LIVE,
			       .doc = "Reads that went to the source"),
	[CACHE_HIT_RATIO] = FIELD(cache, hit_ratio, FIELD_STRING, .flags = FIELD_LIVE,
				  .doc = "Share of hits in all reads"),
};

/* Return: false after the first error; further pairs would repeat the error. */
static bool validate_pair(const struct obj *want, const struct obj *other,
			  struct diag *diag)
{
	const struct cache *cache = cache_of(want), *first = cache_of(other);

	if (field_is_set(other, CACHE_SOURCE) &&
	    streq(cache->source.text, first->source.text)) {
		diag_add(diag, obj_field_pos(want, CACHE_SOURCE),
			 "cache '%s': source '%s' belongs to cache '%s' at line %u",
			 cache->name, cache->source.text, first->name, other->pos.line);
		return false;
	}
	if (field_is_set(want, CACHE_RAMDISK) && field_is_set(other, CACHE_RAMDISK) &&
	    streq(cache->ramdisk, first->ramdisk)) {
		diag_add(diag, obj_field_pos(want, CACHE_RAMDISK),
			 "cache '%s': ramdisk '%s' belongs to cache '%s' at line %u",
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
			 "cache 'control': device-mapper reserves this name");
	if (has_ramdisk == field_is_set(want, CACHE_SIZE))
		diag_add(diag, want->pos,
			 "cache '%s': expected either a ramdisk or a size", cache->name);
	vec_foreach (other, &desired->objs) {
		if (*other == want || ((*other)->class == want->class &&
				       !validate_pair(want, *other, diag)))
			break;
	}
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
