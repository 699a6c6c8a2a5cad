/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live/live.h"

#include "base/cleanup.h"
#include "live/nvmet.h"
#include "sys/users.h"

#include <inttypes.h>

#define COUNTERS    "sys/kernel/rapiddisk_cache"
#define UUID_PREFIX "RAPIDDISK-cache-"
#define OWNER_TAG   "rapiddisk-apply"

static const char *const counter_names[] = {
	[LIVE_READS] = "reads",
	[LIVE_WRITES] = "writes",
	[LIVE_CACHE_HITS] = "cache_hits",
	[LIVE_REPLACEMENT] = "replacement",
	[LIVE_WRITE_REPLACEMENT] = "write_replacement",
	[LIVE_READ_INVALIDATES] = "read_invalidates",
	[LIVE_WRITE_INVALIDATES] = "write_invalidates",
	[LIVE_UNCACHED_READS] = "uncached_reads",
	[LIVE_UNCACHED_WRITES] = "uncached_writes",
	[LIVE_DISK_READS] = "disk_reads",
	[LIVE_DISK_WRITES] = "disk_writes",
	[LIVE_CACHE_READS] = "cache_reads",
	[LIVE_CACHE_WRITES] = "cache_writes",
	[LIVE_HITS] = "hits",
	[LIVE_MISSES] = "misses",
	[LIVE_PARTIAL_HITS] = "partial_hits",
	[LIVE_FILLS] = "fills",
	[LIVE_EVICTIONS] = "evictions",
	[LIVE_BYPASSED] = "bypassed",
	[LIVE_CACHED_BYTES] = "cached_bytes",
	[LIVE_LIMIT_BYTES] = "limit_bytes",
	[LIVE_MEMORY_BYTES] = "memory_bytes",
	[LIVE_METADATA_BYTES] = "metadata_bytes",
	[LIVE_SOURCE_ERRORS] = "source_errors",
	[LIVE_FLUSHES] = "flushes",
	[LIVE_BYPASS] = "bypass",
	[LIVE_MODE] = "mode",
};

_Static_assert(ARRAY_SIZE(counter_names) == LIVE_COUNTERS, "a name for each counter");

const char *live_counter_name(enum live_counter counter)
{
	return counter_names[counter];
}

bool live_has_counter(const struct live_cache *cache, enum live_counter counter)
{
	return cache->known >> counter & 1;
}

bool live_is_on(const struct live_cache *cache)
{
	return live_has_counter(cache, LIVE_HITS);
}

const struct live_cache *live_find_cache(const struct live *live, const char *name)
{
	vec_foreach (cache, &live->caches) {
		if (streq(cache->name, name))
			return cache;
	}
	return NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int live_list(const struct kfs *kfs, struct kfs_names *ret, const char *path)
{
	int r = kfs_list(kfs, ret, "%s", path);

	if (r == 0 && ret->names.count > 0)
		qsort(ret->names.items, ret->names.count, sizeof(char *), compare_names);
	return r == -ENOMEM ? r : 0;
}

/* --- RAM disks --- */

static void disk_done(struct live_disk *disk)
{
	free(disk->name);
	free(disk->in_use);
}

static bool is_ramdisk(const struct kfs *kfs, const char *name)
{
	return strncmp(name, "rd", 2) == 0 && name[2] != '\0' &&
	       strspn(name + 2, "0123456789") == strlen(name + 2) &&
	       kfs_exists(kfs, "sys/block/%s/rapiddisk", name);
}

static bool read_owner(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *owner = NULL;

	return kfs_read(kfs, &owner, "sys/block/%s/rapiddisk/owner", name) == 0 &&
	       streq(owner, OWNER_TAG);
}

static int read_disk(const struct kfs *kfs, struct users *users, const char *name,
		     struct live_disk *disk)
{
	uint64_t sectors, read_only, preallocated;
	int r;

	if ((r = kfs_read_u64(kfs, &sectors, "sys/block/%s/size", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &read_only, "sys/block/%s/ro", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &preallocated, "sys/block/%s/rapiddisk/preallocate",
			      name)) < 0 ||
	    (r = kfs_read_u64(kfs, &disk->used_bytes, "sys/block/%s/rapiddisk/used_bytes",
			      name)) < 0 ||
	    (r = kfs_read_u64(kfs, &disk->openers, "sys/block/%s/rapiddisk/openers",
			      name)) < 0)
		return r;
	disk->size_bytes = sectors * 512;
	disk->read_only = read_only != 0;
	disk->preallocated = preallocated != 0;
	disk->ours = read_owner(kfs, name);
	/* Who uses it is a remark: without it the figures still stand. */
	if (disk->openers > 0 && users_describe(users, kfs, name, &disk->in_use) < 0)
		disk->in_use = NULL;
	disk->name = strdup(name);
	return disk->name ? 0 : -ENOMEM;
}

static int add_disk(const struct kfs *kfs, struct users *users, const char *name,
		    struct live *live)
{
	struct live_disk disk = { 0 };
	int r = read_disk(kfs, users, name, &disk);

	if (r == 0)
		r = vec_push(&live->disks, disk);
	if (r < 0)
		disk_done(&disk);
	return r == -ENOMEM ? r : 0;
}

/* --- caches --- */

static void cache_done(struct live_cache *cache)
{
	free(cache->name);
	free(cache->source);
	free(cache->ramdisk);
	free(cache->in_use);
}

static void read_counters(const struct kfs *kfs, struct live_cache *cache)
{
	for (unsigned int i = 0; i < LIVE_COUNTERS; i++)
		if (kfs_read_u64(kfs, &cache->counters[i], COUNTERS "/%s/%s", cache->name,
				 counter_names[i]) == 0)
			cache->known |= UINT64_C(1) << i;
}

/*
 * sysfs says which devices a map stands on, not which of them is what. A cache of a RAM
 * disk that itself uses a RAM disk has two: the later one is taken for its memory.
 */
static int read_slaves(const struct kfs *kfs, const char *dm, struct live_cache *cache)
{
	_cleanup_(kfs_names_done) struct kfs_names slaves = { 0 };
	_cleanup_free_ char *path = NULL;
	char **memory = NULL;
	int r;

	if (asprintf(&path, "sys/block/%s/slaves", dm) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = live_list(kfs, &slaves, path);
	if (r < 0)
		return r;
	vec_foreach (name, &slaves.names) {
		if (slaves.names.count > 1 && is_ramdisk(kfs, *name))
			memory = name;
	}
	vec_foreach (name, &slaves.names) {
		char **place = name == memory ? &cache->ramdisk : &cache->source;

		if (!*place)
			*place = TAKE_PTR(*name);
	}
	return 0;
}

static bool is_cache(const struct kfs *kfs, const char *dm, const char *name,
		     bool *ret_ours)
{
	_cleanup_free_ char *uuid = NULL;

	*ret_ours = kfs_read(kfs, &uuid, "sys/block/%s/dm/uuid", dm) == 0 &&
		    strncmp(uuid, UUID_PREFIX, strlen(UUID_PREFIX)) == 0;
	return *ret_ours || kfs_exists(kfs, COUNTERS "/%s", name);
}

static int read_cache(const struct kfs *kfs, struct users *users, const char *dm,
		      struct live_cache *cache)
{
	uint64_t sectors;
	int r = kfs_read(kfs, &cache->name, "sys/block/%s/dm/name", dm);

	if (r < 0)
		return r;
	if (!is_cache(kfs, dm, cache->name, &cache->ours))
		return -ENOENT;
	r = kfs_read_u64(kfs, &sectors, "sys/block/%s/size", dm);
	if (r == 0)
		r = read_slaves(kfs, dm, cache);
	if (r < 0)
		return r;
	cache->size_bytes = sectors * 512;
	read_counters(kfs, cache);
	if (users_describe(users, kfs, dm, &cache->in_use) < 0)
		cache->in_use = NULL;
	return 0;
}

static int add_cache(const struct kfs *kfs, struct users *users, const char *dm,
		     struct live *live)
{
	struct live_cache cache = { 0 };
	int r = read_cache(kfs, users, dm, &cache);

	if (r == 0)
		r = vec_push(&live->caches, cache);
	if (r < 0)
		cache_done(&cache);
	return r == -ENOMEM ? r : 0;
}

/* --- the machine --- */

static void volume_done(struct live_volume *volume)
{
	free(volume->name);
	free(volume->vendor);
	free(volume->model);
}

/* The peer lists these and no other; a namespace's path below multipath is hidden. */
static bool is_volume(const char *name)
{
	static const char *const prefixes[] = { "sd", "nvme", "pmem" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* SCSI pads them with blanks. Return: NULL where there is none. */
static char *read_trimmed(const struct kfs *kfs, const char *disk, const char *attribute)
{
	char *text = NULL;

	if (kfs_read(kfs, &text, "sys/block/%s/device/%s", disk, attribute) < 0)
		return NULL;
	for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
	return text;
}

static int add_volume(const struct kfs *kfs, const char *name, struct live *live)
{
	struct live_volume volume = { .name = strdup(name) };
	uint64_t sectors;
	int r = volume.name ? 0 : -ENOMEM;

	if (r == 0)
		r = kfs_read_u64(kfs, &sectors, "sys/block/%s/size", name);
	if (r == 0) {
		volume.size_bytes = sectors * 512;
		volume.vendor = read_trimmed(kfs, name, "vendor");
		volume.model = read_trimmed(kfs, name, "model");
		r = vec_push(&live->volumes, volume);
	}
	if (r < 0)
		volume_done(&volume);
	return r == -ENOMEM ? r : 0;
}

static void read_memory(const struct kfs *kfs, struct live *live)
{
	_cleanup_free_ char *text = NULL;
	const char *total, *unused;
	uint64_t total_kib, free_kib;

	if (kfs_read(kfs, &text, "proc/meminfo") < 0)
		return;
	total = strstr(text, "MemTotal:");
	unused = strstr(text, "MemFree:");
	if (total && sscanf(total, "MemTotal: %" SCNu64 " kB", &total_kib) == 1)
		live->ram_bytes = total_kib * 1024;
	if (unused && sscanf(unused, "MemFree: %" SCNu64 " kB", &free_kib) == 1)
		live->free_bytes = free_kib * 1024;
}

/* --- all of it --- */

static int read_blocks(const struct kfs *kfs, struct live *live)
{
	_cleanup_(kfs_names_done) struct kfs_names blocks = { 0 };
	_cleanup_(users_done) struct users users = { 0 };
	int r = live_list(kfs, &blocks, "sys/block");

	vec_foreach (name, &blocks.names) {
		if (r == 0 && is_ramdisk(kfs, *name))
			r = add_disk(kfs, &users, *name, live);
		else if (r == 0 && strncmp(*name, "dm-", 3) == 0)
			r = add_cache(kfs, &users, *name, live);
		else if (r == 0 && is_volume(*name))
			r = add_volume(kfs, *name, live);
	}
	return r;
}

int live_read(const struct kfs *kfs, struct live *ret)
{
	struct live live = { 0 };
	int r;

	read_memory(kfs, &live);
	r = read_blocks(kfs, &live);
	if (r == 0)
		r = live_read_nvmet(kfs, &live);
	if (r < 0) {
		live_done(&live);
		return r;
	}
	*ret = live;
	return 0;
}

void live_done(struct live *live)
{
	vec_foreach (disk, &live->disks)
		disk_done(disk);
	vec_done(&live->disks);
	vec_foreach (cache, &live->caches)
		cache_done(cache);
	vec_done(&live->caches);
	vec_foreach (volume, &live->volumes)
		volume_done(volume);
	vec_done(&live->volumes);
	live_nvmet_done(live);
}
