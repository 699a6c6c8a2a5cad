/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolve the desired caches: find the source of each, check that no other user has the
 * source, and defer the cache of the root volume, which the initramfs creates.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/cache/leave.h"
#include "kind/cache/memory.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/say.h"
#include "kind/use.h"
#include "sys/dm.h"
#include "sys/topology.h"
#include "sys/udev.h"

static bool is_root(const struct obj *want)
{
	return streq(cache_of(want)->source.text, "root");
}

static int set_missing(struct obj *want, const struct obj *have, const char *spec)
{
	want->patience_ms = cache_of(want)->wait;
	if (have && cache_of(have)->unplugged)
		return kind_set_unmet(
			want, "source '%s' was unplugged; connect the device again",
			spec);
	return kind_set_unmet(want,
			      "source '%s' does not exist; connect the device or correct "
			      "the name",
			      spec);
}

static int set_ambiguous(struct sys *sys, struct obj *want, const char *spec,
			 const struct device_numbers *found)
{
	_cleanup_(buf_done) struct buf names = { 0 };

	vec_foreach (number, &found->numbers) {
		_cleanup_free_ char *path = NULL;

		if (devices_path(&sys->kfs, *number, &path) < 0)
			path = NULL;
		buf_addf(&names, "%s'%s'", names.len ? " and " : "",
			 path ? path : "a device that is gone");
	}
	if (names.failed)
		return -ENOMEM;
	return kind_set_unmet(want,
			      "source '%s' matches %zu devices, %s; name one by its "
			      "path, or change the UUID of the copy",
			      spec, found->numbers.count, names.data);
}

/* If / is an overlay, only the map that the initramfs created identifies the root volume. */
static bool stands_in_for_root(const struct sys *sys, const struct obj *have)
{
	return !sys->initramfs && have && have->owner == OWNER_OURS &&
	       cache_of(have)->source.number != 0;
}

/* Return the RAM disk of the configuration that is the source, or NULL. */
static const struct obj *find_made(const struct obj *want, const struct model *desired)
{
	const char *name = cache_source_ramdisk(want);

	return name ? model_find(desired, &ramdisk_class, name) : NULL;
}

static int find_source(struct sys *sys, struct obj *want, const struct obj *have,
		       bool is_made, uint64_t *ret)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };
	_cleanup_free_ char *root_spec = NULL;
	const char *spec = cache_of(want)->source.text;
	int r;

	*ret = 0;
	if (is_root(want)) {
		r = devices_find_root(sys, &found, &root_spec);
		spec = root_spec ? root_spec : spec;
	} else {
		r = devices_find(sys, spec, &found);
	}
	if (is_root(want) && r == -EOPNOTSUPP && stands_in_for_root(sys, have)) {
		*ret = cache_of(have)->source.number;
		return 0;
	}
	if (is_root(want) && (r == -EOPNOTSUPP || r == -EINVAL))
		return kind_set_unmet(
			want, "the root file system is not on a block device%s%s%s",
			root_spec ? ": root='" : "", root_spec ? root_spec : "",
			root_spec ? "'" : "");
	if (r == -ENOTBLK || r == -EINVAL)
		return kind_set_unmet(want, "source '%s' is not a block device", spec);
	if (r < 0)
		return r;
	if (found.numbers.count == 0 && is_made)
		return 0;
	if (found.numbers.count == 0)
		return set_missing(want, have, spec);
	if (found.numbers.count > 1)
		return set_ambiguous(sys, want, spec, &found);
	*ret = found.numbers.items[0];
	return 0;
}

/*
 * In the initramfs the map takes the place of what root= names, so it has to be over just
 * that: the image may be that of a disk that was cloned, or the boot one from another disk.
 */
static int check_is_root(struct sys *sys, struct obj *want, uint64_t number)
{
	_cleanup_(device_numbers_done) struct device_numbers root = { 0 };
	_cleanup_free_ char *spec = NULL;
	bool is_late;
	int r;

	/* The reason is known, and waiting does not change it. */
	if (is_root(want) || (want->unmet && want->patience_ms == 0))
		return 0;
	r = devices_find_root(sys, &root, &spec);
	if (r < 0 && r != -EINVAL && r != -ENOTBLK && r != -EOPNOTSUPP)
		return r;
	is_late = r == 0 && root.numbers.count == 0;
	if ((is_late && want->unmet) ||
	    (root.numbers.count == 1 && root.numbers.items[0] == number))
		return 0;
	free(want->unmet);
	want->unmet = NULL;
	want->patience_ms = is_late ? cache_of(want)->wait : 0;
	/* The device may exist while udev has not processed it. */
	want->passing = !is_late && number == 0;
	return kind_set_unmet(want, "source '%s' is not the device of root='%s'",
			      cache_of(want)->source.text, spec ? spec : "");
}

static int check_twice(struct obj *want, const struct model *desired)
{
	uint64_t number = cache_of(want)->source.number;

	vec_foreach (other, &desired->objs) {
		if (*other == want || number == 0)
			break;
		if ((*other)->class == want->class &&
		    cache_of(*other)->source.number == number)
			return kind_set_unmet(
				want, "source '%s' is the device of cache '%s'",
				cache_of(want)->source.text, obj_name(*other));
	}
	return 0;
}

/* Check that the source, which a tag or a link may name, is not the memory of a cache. */
static int check_is_no_memory(struct obj *want, const struct model *desired,
			      const char *name)
{
	const struct obj *other =
		model_find_value(desired, &cache_class, CACHE_RAMDISK, name);

	return other ? kind_set_unmet(want,
				      "source '%s' is RAM disk '%s', the memory of cache "
				      "'%s'",
				      cache_of(want)->source.text, name, obj_name(other))
		     : 0;
}

/*
 * Check that no cache that precedes @want in the file has the disk or a partition of the
 * source. One that exists already is found as a holder; this one may be new, too.
 */
static int check_kin(struct obj *want, const struct model *desired,
		     const struct topology *topology)
{
	vec_foreach (other, &desired->objs) {
		_cleanup_free_ char *use = NULL, *owner = NULL;
		const struct relative *relative;
		int r;

		if (*other == want)
			break;
		if ((*other)->class != want->class || (*other)->unmet)
			continue;
		relative = topology_find(topology, cache_of(*other)->source.number);
		if (!relative || (relative->relation != RELATION_DISK &&
				  relative->relation != RELATION_PARTITION))
			continue;
		r = str_format(&owner, "the source of cache '%s'", obj_name(*other));
		if (r == 0)
			r = topology_say(relative, owner, &use);
		return r < 0 ? r
			     : kind_set_unmet(want, "source '%s' is %s",
					      cache_of(want)->source.text, use);
	}
	return 0;
}

/*
 * Check that nobody uses the source, and that all maps over it are removed first. The kernel
 * permits more: all of device-mapper shares one claim. But each of two caches over one
 * source would make the content of the other stale.
 */
static int check_users(struct sys *sys, struct obj *want, const struct obj *have,
		       const struct model *desired, const struct model *observed,
		       const struct topology *topology)
{
	struct cache_leavers leavers = {
		.leavers = { .observed = observed, .self = have },
		.sys = sys,
		.desired = desired,
		.source = cache_of(want)->source.number,
	};
	const struct users_query query = {
		.ignores = cache_is_leaving,
		.ignores_export = kind_export_is_leaving,
		.data = &leavers,
	};
	_cleanup_free_ char *use = NULL, *advice = NULL;
	int r = kind_find_conflict(sys, topology, &query, &use);

	((struct cache *)want)->after_export = leavers.leavers.export_leaves;
	if (r < 0 || !use)
		return r;
	want->passing = leavers.leavers.passing;
	r = cache_advise_on_lvm(sys, want, &advice);
	return r < 0 ? r
		     : kind_set_unmet(want, "source '%s' is %s%s",
				      cache_of(want)->source.text, use,
				      advice ? advice : "");
}

static int defer(const struct boot *boot, struct obj *want)
{
	if (boot->initramfs_error[0])
		return kind_set_unmet(
			want,
			"the initramfs of this boot could not create the cache: "
			"%s; the next boot tries again",
			boot->initramfs_error);
	want->deferred = true;
	return kind_set_unmet(want,
			      "the source holds the root file system, so the cache "
			      "starts at the next boot: %s",
			      boot->next_boot ? boot->next_boot : "restart");
}

static bool is_root_device(struct sys *sys, uint64_t number)
{
	_cleanup_(device_numbers_done) struct device_numbers root = { 0 };
	_cleanup_free_ char *spec = NULL;

	return devices_find_root(sys, &root, &spec) == 0 && root.numbers.count == 1 &&
	       root.numbers.items[0] == number;
}

static int check_free(struct sys *sys, struct obj *want, const struct obj *have,
		      const struct model *desired, const struct model *observed)
{
	_cleanup_(topology_done) struct topology topology = { 0 };
	_cleanup_free_ char *name = NULL;
	int r = devices_name(&sys->kfs, cache_of(want)->source.number, &name);

	if (r == 0)
		r = topology_walk(&sys->kfs, name, &topology);
	if (r == 0)
		((struct cache *)want)->diskseq = devices_diskseq(&sys->kfs, name);
	if (r == 0)
		r = check_is_no_memory(want, desired, name);
	if (r == 0 && !want->unmet)
		r = check_kin(want, desired, &topology);
	if (r == 0 && !want->unmet)
		r = check_users(sys, want, have, desired, observed, &topology);
	return r == -ENOENT ? set_missing(want, NULL, cache_of(want)->source.text) : r;
}

/* Check the source, unless the live map is a cache over it already. */
static int check_source(struct sys *sys, const struct boot *boot, struct obj *want,
			const struct obj *have, const struct model *desired,
			const struct model *observed)
{
	uint64_t number = cache_of(want)->source.number;
	bool is_new = !have || cache_of(have)->source.number != number;

	if (is_new && !sys->initramfs && (is_root(want) || is_root_device(sys, number)))
		return defer(boot, want);
	/* An export past a map that passes through does no harm until a cache starts. */
	return is_new || have->released ? check_free(sys, want, have, desired, observed)
					: 0;
}

/* True if the cache already uses this RAM disk, whose content is then the cache. */
static bool is_on_its_ramdisk(const struct obj *have, const struct obj *want)
{
	return field_is_set(have, CACHE_RAMDISK) && field_is_set(want, CACHE_RAMDISK) &&
	       streq(cache_of(have)->ramdisk, cache_of(want)->ramdisk);
}

/* A cache uses the whole RAM disk, in its desired size. */
static void derive_ramdisk_size(struct obj *want, const struct model *desired)
{
	const struct obj *ramdisk;

	if (!field_is_set(want, CACHE_RAMDISK))
		return;
	ramdisk = model_find(desired, &ramdisk_class, cache_of(want)->ramdisk);
	field_set_size(want, CACHE_RAMDISK_SIZE,
		       ramdisk_of(ramdisk)->size.bytes / CACHE_BLOCK_BYTES *
			       CACHE_BLOCK_BYTES);
}

/* Only an unused cache is removed before others are created. */
static bool is_leaving(const struct obj *have)
{
	return have && have->leaves && !have->in_use;
}

/*
 * Check that no map has the name or the UUID of the new one, also a map without a table or
 * node. A map of ours keeps its UUID if another program renames it.
 */
static int check_name(struct sys *sys, struct obj *want, const struct model *observed)
{
	const char *name = cache_of(want)->name;
	_cleanup_free_ char *uuid = NULL, *map = NULL;
	const struct obj *have;
	int r;

	if (!kfs_exists(&sys->kfs, "sys/module/dm_mod"))
		return 0;
	r = str_format(&uuid, CACHE_UUID_PREFIX "%s", name);
	if (r < 0)
		return r;
	r = sys->dm->find(sys, name, uuid, &map);
	if (r < 0 || !map)
		return r == -ENOENT ? 0 : r;
	if (streq(map, name))
		return kind_set_unmet(want,
				      "'/dev/mapper/%s' is a map of another program; "
				      "choose another name, or remove that map",
				      name);
	have = model_find(observed, &cache_class, map);
	if (is_leaving(have))
		return 0;
	return kind_set_unmet(want,
			      "map '%s' was renamed and still has the DM UUID of this "
			      "cache%s%s; rename the map with 'dmsetup rename %s %s'",
			      map, have && have->in_use ? ", and is " : "",
			      have && have->in_use ? have->in_use : "", map, name);
}

/* Check the name, and that the source has a medium: no map can have 0 sectors. */
static int check_possible(struct sys *sys, struct obj *want, const struct model *observed)
{
	const struct cache *cache = cache_of(want);
	int r = check_name(sys, want, observed);

	if (r < 0 || want->unmet)
		return r;
	if (!field_is_set(want, CACHE_CAPACITY) || cache->capacity.bytes > 0)
		return 0;
	want->patience_ms = cache->wait;
	return kind_set_unmet(want, "source '%s' has no medium; insert the medium",
			      cache->source.text);
}

/*
 * The source of the live map was unplugged, and the file names a device that exists. Users of the
 * map get the device below them only if it is the same disk: other content would be lost.
 */
static int check_returned(struct sys *sys, struct obj *want, const struct obj *have,
			  uint64_t number)
{
	struct cache *cache = (struct cache *)want;

	if (!have || !cache_of(have)->unplugged || want->unmet)
		return 0;
	/* A map gets a device of the same number from its own list, which has the dead one. */
	cache->returned = number != cache_of(have)->unplugged &&
			  cache->capacity.bytes == cache_of(have)->capacity.bytes &&
			  devices_same_content(sys, cache_of(have)->map, number);
	if (cache->returned || !have->in_use)
		return 0;
	want->passing = have->passing;
	return kind_set_unmet(
		want,
		"the live map is %s, its source was unplugged, and source '%s' "
		"is not provably the same disk, with the same size and UUID; "
		"unmount the map first",
		have->in_use, cache->source.text);
}

int cache_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		  const struct model *desired, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));
	const struct obj *made = find_made(want, desired);
	uint64_t number, bytes;
	int r = find_source(sys, want, have, made, &number);

	if (r < 0)
		return r;
	derive_ramdisk_size(want, desired);
	r = field_set_device(want, CACHE_SOURCE, NULL, number);
	field_clear(want, CACHE_CAPACITY);
	((struct cache *)want)->returned = false;
	if (r == 0 && sys->initramfs)
		r = check_is_root(sys, want, number);
	if (r < 0 || (number == 0 && !made))
		return r;
	/* The RAM disk gets its size, and perhaps its number, in this run. */
	if (made)
		field_set_size(want, CACHE_CAPACITY, ramdisk_of(made)->size.bytes);
	else if (devices_bytes(&sys->kfs, number, &bytes) == 0)
		field_set_size(want, CACHE_CAPACITY, bytes);
	if (!have && !want->unmet)
		r = check_possible(sys, want, observed);
	if (r == 0 && !want->unmet)
		r = check_twice(want, desired);
	if (r < 0 || want->unmet)
		return r;
	if (number)
		r = check_source(sys, boot, want, have, desired, observed);
	if (r == 0)
		r = check_returned(sys, want, have, number);
	if (r == 0 && !want->unmet && !(have && is_on_its_ramdisk(have, want)))
		r = cache_check_ramdisk(want, desired, observed);
	return r;
}

bool cache_is_for_initramfs(struct sys *sys, const struct obj *want)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };

	if (want->class != &cache_class)
		return false;
	return is_root(want) ||
	       (devices_find(sys, cache_of(want)->source.text, &found) == 0 &&
		found.numbers.count == 1 && is_root_device(sys, found.numbers.items[0]));
}

bool cache_is_absent(struct sys *sys, const struct obj *want)
{
	_cleanup_(device_numbers_done) struct device_numbers found = { 0 };

	return want->class == &cache_class && !is_root(want) &&
	       devices_find(sys, cache_of(want)->source.text, &found) == 0 &&
	       found.numbers.count == 0;
}
