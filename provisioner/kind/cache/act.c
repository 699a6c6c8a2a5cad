/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Create, reload and remove caches through the device-mapper target rapiddisk-cache.
 *
 * If a mounted cache is to be removed, or a cache cannot be created, its device becomes a
 * linear map over the source, so that users of the name find the data.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/hold.h"
#include "kind/nvmet/claims.h"
#include "kind/say.h"
#include "sys/dm.h"
#include "sys/users.h"

#include <inttypes.h>

static const char *hint_for(int error)
{
	switch (error) {
	case -EBUSY:
	case -EEXIST:
		return "the name, the source or the RAM disk is in use: see "
		       "'dmsetup info', 'lsblk' and the kernel's log";
	case -ENOMEM:
		return "free memory or reduce the size";
	case -ENXIO:
	case -ENODEV:
		return "check that this kernel has device-mapper";
	case -EACCES:
	case -EPERM:
		return "run as root";
	default:
		return "see the kernel's log";
	}
}

/* A RAM disk of the configuration has got its number since the plan. */
static int source_number(struct sys *sys, const struct obj *want, uint64_t *ret)
{
	const char *ramdisk = cache_source_ramdisk(want);

	*ret = cache_of(want)->source.number;
	return *ret == 0 && ramdisk ? devices_number(&sys->kfs, ramdisk, ret) : 0;
}

static int cache_params(struct sys *sys, const struct obj *want, struct buf *out)
{
	const struct cache *cache = cache_of(want);
	char source[NUMBERS_TEXT_MAX], memory[NUMBERS_TEXT_MAX] = "-";
	uint64_t number, below = 0;
	int r = source_number(sys, want, &below);

	if (r < 0)
		return r;
	if (field_is_set(want, CACHE_RAMDISK)) {
		r = devices_number(&sys->kfs, cache->ramdisk, &number);
		if (r < 0)
			return r;
		numbers_format(number, memory);
	}
	buf_addf(out, "%s %s %" PRIu64 " %d", numbers_format(below, source), memory,
		 (cache->size.bytes + cache->ramdisk_size.bytes) / 512,
		 cache->mode == MODE_WRITE_AROUND);
	if (field_is_set(want, CACHE_STREAM_LIMIT))
		buf_addf(out, " 2 stream_limit %" PRIu64,
			 cache->stream_limit.bytes / 512);
	return out->failed ? -ENOMEM : 0;
}

/*
 * Check that no map uses the source: device-mapper would map the source twice. Return: 0;
 * -EBUSY and a sentence; -errno.
 */
static int refuse_held(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	_cleanup_free_ char *disk = NULL;
	uint64_t number;
	int r = source_number(sys, want, &number);

	if (r == 0)
		r = devices_name(&sys->kfs, number, &disk);
	if (r == 0)
		r = users_list_holders(&sys->kfs, disk, &holders);
	if (r < 0)
		return kind_fail(why, r, NULL, "cannot list the holders of source '%s'",
				 cache->source.text);
	if (holders.names.count == 0)
		return 0;
	return kind_fail(why, -EBUSY, NULL, "source '%s' is still mapped by '%s'",
			 cache->source.text, holders.names.items[0]);
}

/* Hold the source for the table @line, after a check that no other map uses it. */
static int hold_source(struct sys *sys, const struct obj *want, struct dm_line *line,
		       struct buf *why)
{
	const struct cache *cache = cache_of(want);
	int r = refuse_held(sys, want, why);

	if (r == 0)
		r = source_number(sys, want, &line->alone_on);
	if (r == 0 && cache->after_export)
		r = kind_check_exports(sys, line->alone_on, false, "source",
				       cache->source.text, why);
	return r < 0 ? r
		     : kind_hold(sys, line->alone_on, cache->diskseq, "source",
				 cache->source.text, line->hold, why);
}

/* Say that device-mapper refused the map, and, if something is busy, what is known of it. */
static int fail_to_map(struct sys *sys, const struct obj *want,
		       const struct dm_line *line, int error, struct buf *why)
{
	_cleanup_free_ char *busy = NULL, *hint = NULL;

	if (error == -EBUSY && (kind_say_busy(sys, line->alone_on, &busy) < 0 ||
				str_format(&hint, "%s; %s", busy, hint_for(error)) < 0))
		return -ENOMEM;
	return kind_fail(why, error, hint ? hint : hint_for(error),
			 "cannot create the map over '%s'", cache_of(want)->source.text);
}

int cache_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 };
	_cleanup_close_ int hold = -1;
	struct dm_line line = {
		.sectors = cache->capacity.bytes / 512,
		.target = CACHE_TARGET,
		.hold = &hold,
	};
	int r = hold_source(sys, want, &line, why);

	if (r < 0)
		return r;
	r = cache_params(sys, want, &params);
	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", cache->name);
	if (r == 0 && uuid.failed)
		r = -ENOMEM;
	line.params = params.data;
	if (r == 0)
		r = sys->dm->create(sys, cache->name, uuid.data, &line);
	return r < 0 ? fail_to_map(sys, want, &line, r, why) : 0;
}

int cache_fall_back(struct sys *sys, const struct obj *want, struct buf *why)
{
	const struct cache *cache = cache_of(want);
	_cleanup_(buf_done) struct buf params = { 0 }, uuid = { 0 }, held = { 0 };
	_cleanup_close_ int hold = -1;
	struct dm_line line = {
		.sectors = cache->capacity.bytes / 512,
		.target = "linear",
		.hold = &hold,
	};
	char source[NUMBERS_TEXT_MAX];
	int r = hold_source(sys, want, &line, &held);

	if (r < 0)
		return kind_fail(why, r, NULL, "cannot create the linear map either");
	buf_addf(&params, "%s 0", numbers_format(line.alone_on, source));
	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", cache->name);
	if (params.failed || uuid.failed)
		return -ENOMEM;
	line.params = params.data;
	/* dm_mod is otherwise loaded as a dependency of rapiddisk_cache, which may have failed. */
	if (sys->load_module && !kfs_exists(&sys->kfs, "sys/module/dm_mod"))
		(void)sys->load_module("dm_mod", &sys->fault); /* create says it */
	r = sys->dm->create(sys, cache->name, uuid.data, &line);
	if (r < 0)
		return kind_fail(why, r, NULL, "cannot create the linear map either");
	buf_addf(why, "'/dev/mapper/%s' passes through, uncached", cache->name);
	return 0;
}

int cache_update(struct sys *sys, const struct obj *have, const struct obj *want,
		 uint64_t changed, struct buf *why)
{
	_cleanup_(buf_done) struct buf params = { 0 };
	_cleanup_close_ int hold = -1;
	struct dm_line line = {
		.sectors = cache_of(want)->capacity.bytes / 512,
		.target = CACHE_TARGET,
		.hold = &hold,
	};
	int r = cache_params(sys, want, &params);

	/* The map holds a source that stays. */
	if (r == 0 && changed & 1u << CACHE_SOURCE) {
		r = hold_source(sys, want, &line, why);
		if (r < 0)
			return r;
	}
	if (r == 0 && changed & 1u << CACHE_CAPACITY)
		r = nvmet_expect_size(sys, "/dev/mapper/%s", cache_of(have)->name);
	line.params = params.data;
	if (r == 0)
		r = sys->dm->reload(sys, cache_of(have)->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot load the new table") : 0;
}

int cache_remove(struct sys *sys, const struct obj *have, struct buf *why)
{
	int r = sys->dm->remove(sys, cache_of(have)->name);

	/* A map that yielded to another cache is gone before its step. */
	if (r == -ENXIO)
		return 0;
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot remove the map") : 0;
}

int cache_release(struct sys *sys, const struct obj *have, struct buf *why)
{
	const struct cache *cache = cache_of(have);
	_cleanup_(buf_done) struct buf params = { 0 };
	struct dm_line line = { .sectors = cache->capacity.bytes / 512,
				.target = "linear" };
	char source[NUMBERS_TEXT_MAX];
	int r;

	/* device-mapper takes an unplugged source from the live table. */
	buf_addf(
		&params, "%s 0",
		numbers_format(cache->unplugged ? cache->unplugged : cache->source.number,
			       source));
	if (params.failed)
		return -ENOMEM;
	line.params = params.data;
	r = sys->dm->reload(sys, cache->name, &line);
	return r < 0 ? kind_fail(why, r, hint_for(r), "cannot load the linear table") : 0;
}

void cache_settle(struct sys *sys)
{
	sys->dm->settle(sys);
}

/* device-mapper sets a UUID once. A map with another UUID belongs to another program. */
int cache_adopt(struct sys *sys, const struct obj *have, struct buf *why)
{
	_cleanup_(buf_done) struct buf uuid = { 0 };
	int r;

	buf_addf(&uuid, CACHE_UUID_PREFIX "%s", obj_name(have));
	if (uuid.failed)
		return -ENOMEM;
	r = sys->dm->set_uuid(sys, obj_name(have), uuid.data);
	return r < 0 ? kind_fail(why, r, NULL, "cannot adopt the map") : 0;
}
