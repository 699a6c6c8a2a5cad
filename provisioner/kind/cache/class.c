/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches, /dev/mapper/NAME over a source: their keys, and what the file may say. */
#include "kind/cache/cache.h"

#include "base/cleanup.h"

static const char *const mode_words[] = {
	[MODE_WRITE_THROUGH] = "write-through",
	[MODE_WRITE_AROUND] = "write-around",
	[MODE_END] = NULL,
	[MODE_PASS_THROUGH] = "pass-through",
	NULL,
};

/* A cache with the counters that only the rows below name. */
struct counted_cache {
	struct cache cache;
	uint64_t reads, writes, cache_hits, replacement, write_replacement;
	uint64_t read_invalidates, write_invalidates, uncached_reads, uncached_writes;
	uint64_t disk_reads, disk_writes, cache_reads, cache_writes;
	uint64_t partial_hits, fills, evictions, bypassed, source_errors, flushes, bypass;
	struct size limit_bytes, memory_bytes, metadata_bytes;
};

#define COUNTER(member, kind_of, also, ...)   \
	FIELD(counted_cache, member, kind_of, \
	      .flags = FIELD_LIVE | FIELD_COUNTER | FIELD_DETAIL | (also), __VA_ARGS__)

static const struct field cache_fields[] = {
	[CACHE_NAME] = FIELD(
		cache, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		.max = 100, .pattern = "^[A-Za-z0-9][A-Za-z0-9#+.:=@_-]*$",
		.expects =
			"letters, digits and any of #+.:=@_-, a letter or digit first, 100 at most",
		.doc = "The device's name: data is /dev/mapper/data"),
	[CACHE_SOURCE] = FIELD(
		cache, source, FIELD_DEVICE,
		.flags = FIELD_REQUIRED | FIELD_IMMUTABLE | FIELD_LABEL | FIELD_INDEXED,
		.pattern = "^(root|/dev/[^ ]+|(UUID|LABEL|PARTUUID|PARTLABEL)=.+)$",
		.expects =
			"a path below /dev, UUID=, LABEL=, PARTUUID= or PARTLABEL= and a "
			"value, or root",
		.doc = "The device to cache: a path, UUID=, LABEL=, PARTUUID=, "
		       "PARTLABEL=, or root for the device of the root file system"),
	[CACHE_RAMDISK] =
		FIELD(cache, ramdisk, FIELD_STRING,
		      .flags = FIELD_EXACT | FIELD_LABEL | FIELD_INDEXED,
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
		cache, mode, FIELD_ENUM, .flags = FIELD_COUNTER | FIELD_LABEL,
		.value = "write-through", .words = mode_words, .refused = "write-back",
		.refused_why = "an acknowledged write must be on the source, and RAM "
			       "loses its content",
		.doc = "Treatment of writes, which all go to the source first: "
		       "write-through also caches them, write-around does not"),
	[CACHE_STREAM_LIMIT] =
		FIELD(cache, stream_limit, FIELD_SIZE, .flags = FIELD_EXACT, .min = 512,
		      .multiple = 512, .max = UINT64_C(1) << 40,
		      .doc = "Length after which a sequential stream bypasses the cache; "
			     "default: no limit"),
	[CACHE_WAIT] =
		FIELD(cache, wait, FIELD_DURATION, .flags = FIELD_POLICY, .value = "10s",
		      .max = 3600000, .doc = "How long to wait for the source to appear"),
	[CACHE_RAMDISK_SIZE] =
		FIELD(cache, ramdisk_size, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .doc = "Used size of the RAM disk, which is all of the disk"),
	[CACHE_CAPACITY] =
		FIELD(cache, capacity, FIELD_SIZE, .flags = FIELD_DERIVED,
		      .metric = { "cache_size_bytes", METRIC_GAUGE,
				  "Capacity of the cached device" },
		      .doc = "Size of the device, which is the size of the source"),
	[CACHE_CACHED] =
		FIELD(cache, cached, FIELD_SIZE, .flags = FIELD_LIVE | FIELD_COUNTER,
		      .attribute = "cached_bytes",
		      .metric = { "cache_cached_bytes", METRIC_GAUGE, NULL },
		      .doc = "Data that the cache holds"),
	[CACHE_HITS] = FIELD(cache, hits, FIELD_UINT, .flags = FIELD_LIVE | FIELD_COUNTER,
			     .metric = { "cache_hits_total", METRIC_COUNTER, NULL },
			     .doc = "Reads that the cache answered"),
	[CACHE_MISSES] = FIELD(
		cache, misses, FIELD_UINT, .flags = FIELD_LIVE | FIELD_COUNTER,
		.metric = { "cache_misses_total", METRIC_COUNTER, NULL },
		.doc = "Reads that went to the source and could have been answered"),
	[CACHE_HIT_RATIO] = FIELD(cache, hit_ratio, FIELD_STRING, .flags = FIELD_LIVE,
				  .doc = "Hits in percent of hits and misses"),

	/* The rest of the kernel's counters. A new one is a member above and a row here. */
	COUNTER(reads, FIELD_UINT, FIELD_PEER,
		.metric = { "cache_reads_total", METRIC_COUNTER, NULL },
		.doc = "Reads of the cached device"),
	COUNTER(writes, FIELD_UINT, FIELD_PEER,
		.metric = { "cache_writes_total", METRIC_COUNTER, NULL },
		.doc = "Writes to the cached device"),
	COUNTER(cache_hits, FIELD_UINT, FIELD_PEER,
		.doc = "Reads that the cache answered, by rapiddisk 9's name"),
	COUNTER(replacement, FIELD_UINT, FIELD_PEER,
		.doc = "Cached blocks that a read replaced"),
	COUNTER(write_replacement, FIELD_UINT, FIELD_PEER,
		.doc = "Cached blocks that a write replaced"),
	COUNTER(read_invalidates, FIELD_UINT, FIELD_PEER,
		.doc = "Cached blocks that a read dropped"),
	COUNTER(write_invalidates, FIELD_UINT, FIELD_PEER,
		.doc = "Cached blocks that a write dropped"),
	COUNTER(uncached_reads, FIELD_UINT, FIELD_PEER,
		.doc = "Reads that did not enter the cache"),
	COUNTER(uncached_writes, FIELD_UINT, FIELD_PEER,
		.doc = "Writes that did not enter the cache"),
	COUNTER(disk_reads, FIELD_UINT, FIELD_PEER, .doc = "Reads of the source"),
	COUNTER(disk_writes, FIELD_UINT, FIELD_PEER, .doc = "Writes to the source"),
	COUNTER(cache_reads, FIELD_UINT, FIELD_PEER,
		.doc = "Reads of the cache's memory"),
	COUNTER(cache_writes, FIELD_UINT, FIELD_PEER,
		.doc = "Writes to the cache's memory"),
	COUNTER(partial_hits, FIELD_UINT, 0,
		.metric = { "cache_partial_hits_total", METRIC_COUNTER, NULL },
		.doc = "Reads of which the cache answered a part"),
	COUNTER(fills, FIELD_UINT, 0,
		.metric = { "cache_fills_total", METRIC_COUNTER, NULL },
		.doc = "Blocks that a read brought in"),
	COUNTER(evictions, FIELD_UINT, 0,
		.metric = { "cache_evictions_total", METRIC_COUNTER, NULL },
		.doc = "Blocks that made room for others or were given back"),
	COUNTER(bypassed, FIELD_UINT, 0,
		.metric = { "cache_bypassed_total", METRIC_COUNTER, NULL },
		.doc = "Requests that bypassed the cache"),
	COUNTER(source_errors, FIELD_UINT, 0,
		.metric = { "cache_source_errors_total", METRIC_COUNTER, NULL },
		.doc = "Requests that the source failed"),
	COUNTER(flushes, FIELD_UINT, 0,
		.metric = { "cache_flushes_total", METRIC_COUNTER, NULL },
		.doc = "Flushes that were passed on to the source"),
	COUNTER(limit_bytes, FIELD_SIZE, 0,
		.metric = { "cache_limit_bytes", METRIC_GAUGE, NULL },
		.doc = "Data that the cache can hold"),
	COUNTER(memory_bytes, FIELD_SIZE, 0,
		.metric = { "cache_memory_bytes", METRIC_GAUGE, NULL },
		.doc = "Memory that the data occupies"),
	COUNTER(metadata_bytes, FIELD_SIZE, 0,
		.metric = { "cache_metadata_bytes", METRIC_GAUGE, NULL },
		.doc = "Memory that the index occupies"),
	COUNTER(bypass, FIELD_UINT, 0, .metric = { "cache_bypass", METRIC_GAUGE, NULL },
		.doc = "1 while every request bypasses the cache"),
};

/* The paths of a RAM disk, up to its number. */
static const char *const ramdisk_paths[] = { "/dev/rd", "/dev/disk/by-id/rapiddisk-rd" };

const char *cache_source_ramdisk(const struct obj *obj)
{
	const char *text =
		field_is_set(obj, CACHE_SOURCE) ? cache_of(obj)->source.text : NULL;

	for (size_t i = 0; text && i < ARRAY_SIZE(ramdisk_paths); i++) {
		size_t len = strlen(ramdisk_paths[i]);

		if (strncmp(text, ramdisk_paths[i], len) == 0 && text[len] &&
		    strspn(text + len, "0123456789") == strlen(text + len))
			return text + len - strlen("rd");
	}
	return NULL;
}

/* True if the source of @obj is the RAM disk that @other has as its memory. */
static bool is_over_memory(const struct obj *obj, const struct obj *other)
{
	const char *source = cache_source_ramdisk(obj);

	return source && field_is_set(other, CACHE_RAMDISK) &&
	       streq(source, cache_of(other)->ramdisk);
}

static void validate_pair(const struct obj *want, const struct obj *other,
			  const struct model *desired, struct diag *diag)
{
	const struct cache *cache = cache_of(want), *first = cache_of(other);
	_cleanup_free_ char *place = model_place(desired, other->pos, want->pos);

	if (field_is_set(other, CACHE_SOURCE) &&
	    streq(cache->source.text, first->source.text)) {
		diag_add(diag, obj_field_pos(want, CACHE_SOURCE),
			 "cache '%s': source '%s' belongs to cache '%s' at %s",
			 cache->name, cache->source.text, first->name, place ?: "?");
		return;
	}
	if (is_over_memory(want, other) || is_over_memory(other, want)) {
		diag_add(diag,
			 obj_field_pos(want, is_over_memory(want, other) ? CACHE_SOURCE
									 : CACHE_RAMDISK),
			 "cache '%s': RAM disk '%s' cannot be a source and the memory of "
			 "a cache; see cache '%s' at %s",
			 cache->name,
			 is_over_memory(want, other) ? first->ramdisk : cache->ramdisk,
			 first->name, place ?: "?");
		return;
	}
	if (field_is_set(want, CACHE_RAMDISK) && field_is_set(other, CACHE_RAMDISK) &&
	    streq(cache->ramdisk, first->ramdisk)) {
		diag_add(diag, obj_field_pos(want, CACHE_RAMDISK),
			 "cache '%s': ramdisk '%s' belongs to cache '%s' at %s",
			 cache->name, cache->ramdisk, first->name, place ?: "?");
	}
}

/* Return the first cache that has the RAM disk as its source. */
static const struct obj *find_over(const struct model *desired, const char *ramdisk)
{
	const struct obj *first = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(ramdisk_paths); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s%s", ramdisk_paths[i],
			 ramdisk + strlen("rd"));
		first = model_earlier(first, model_find_value(desired, &cache_class,
							      CACHE_SOURCE, path));
	}
	return first;
}

/* Return the first cache of the configuration whose source or memory @want has, too. */
static const struct obj *find_rival(const struct obj *want, const struct model *desired)
{
	const struct cache *cache = cache_of(want);
	const char *source = cache_source_ramdisk(want);
	const struct obj *first =
		model_find_value(desired, &cache_class, CACHE_SOURCE, cache->source.text);

	if (source)
		first = model_earlier(first, model_find_value(desired, &cache_class,
							      CACHE_RAMDISK, source));
	if (!field_is_set(want, CACHE_RAMDISK))
		return first;
	first = model_earlier(first, model_find_value(desired, &cache_class,
						      CACHE_RAMDISK, cache->ramdisk));
	return model_earlier(first, find_over(desired, cache->ramdisk));
}

static void cache_validate(const struct obj *want, const struct model *desired,
			   struct diag *diag)
{
	const struct cache *cache = cache_of(want);
	bool has_ramdisk = field_is_set(want, CACHE_RAMDISK);
	const struct obj *rival = find_rival(want, desired);

	if (streq(cache->name, "control"))
		diag_add(diag, obj_field_pos(want, CACHE_NAME),
			 "cache 'control': device-mapper reserves this name");
	if (has_ramdisk == field_is_set(want, CACHE_SIZE))
		diag_add(diag, want->pos,
			 "cache '%s': expected either a ramdisk or a size", cache->name);
	if (is_over_memory(want, want))
		diag_add(diag, obj_field_pos(want, CACHE_RAMDISK),
			 "cache '%s': RAM disk '%s' cannot be the source and the memory "
			 "of one cache",
			 cache->name, cache->ramdisk);
	/* The later cache of two has the error. */
	if (rival && src_pos_compare(rival->pos, want->pos) < 0)
		validate_pair(want, rival, desired, diag);
}

/* True if the map has no cache, or every request bypasses it. */
static bool cache_is_off(const struct obj *obj)
{
	return !field_is_set(obj, CACHE_HITS) ||
	       ((const struct counted_cache *)obj)->bypass != 0;
}

const struct obj_class cache_class = {
	.name = "cache",
	.section = "caches",
	.doc = "Caches of block devices, /dev/mapper/NAME",
	.size = sizeof(struct counted_cache),
	.rank = RANK_CACHE,
	.fields = cache_fields,
	.field_count = ARRAY_SIZE(cache_fields),
	.validate = cache_validate,
	.label = "cache",
	.info = "1; the labels say what the cache does",
	.is_off = cache_is_off,
};
