// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters: one world-readable attribute each, in
 * /sys/kernel/rapiddisk_cache/<name of the device-mapper device>/.
 *
 * A bio that device-mapper or the cache cuts in two counts as two, each by its own
 * result. A block is a page. Counters are per CPU; a sum that is computed during I/O may
 * miss the latest increments.
 */
#include <linux/bits.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "index_types.h"
#include "stats.h"

#define DM_MSG_PREFIX "rapiddisk-cache"

/* The directory of a device. */
struct rc_stats_dir {
	struct kobject kobj;
	struct rc_cache *cache;
	struct mapped_device *md;
	struct list_head list;
};

static struct kobject *rc_stats_root;

/* Protects rc_stats_dirs and rc_cache.dir. Taken before locks of device-mapper. */
static DEFINE_MUTEX(rc_stats_lock);
static LIST_HEAD(rc_stats_dirs);

/* Sum the counters of @mask, by BIT(enum rc_stat), over all CPUs. */
static void rc_stats_sum(const struct rc_cache *cache, unsigned long mask,
			 struct rc_stats *ret)
{
	unsigned int stat;
	int cpu;

	memset(ret, 0, sizeof(*ret));
	for_each_possible_cpu(cpu) {
		const struct rc_stats *stats = per_cpu_ptr(cache->stats, cpu);

		for_each_set_bit(stat, &mask, RC_NR_STATS)
			ret->count[stat] += READ_ONCE(stats->count[stat]);
	}
}

/**
 * rc_stats_reset() - Set all counters to 0.
 * @cache: the cache
 *
 * Increments by I/O in flight may be lost or survive.
 */
void rc_stats_reset(struct rc_cache *cache)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(cache->stats, cpu), 0, sizeof(struct rc_stats));
}

/* Getters of values that are not sums. @index is NULL while the cache is bypassed. */
static u64 rc_get_cached_bytes(const struct rc_cache *cache, const struct rc_index *index)
{
	return index ? (u64)READ_ONCE(index->nr_valid) << RC_BLOCK_SHIFT : 0;
}

static u64 rc_get_memory_bytes(const struct rc_cache *cache, const struct rc_index *index)
{
	return index ? (u64)READ_ONCE(index->nr_pages) << RC_BLOCK_SHIFT : 0;
}

static u64 rc_get_metadata_bytes(const struct rc_cache *cache,
				 const struct rc_index *index)
{
	if (!index)
		return 0;
	return sizeof(*index) + ((u64)index->nr_slots + 1) * sizeof(*index->slot) +
	       ((u64)index->nr_groups << RC_GROUP_SHIFT) * sizeof(*index->bucket) +
	       (u64)index->nr_ghost_sets * RC_GHOST_WAYS * sizeof(*index->ghost);
}

static u64 rc_get_limit_bytes(const struct rc_cache *cache, const struct rc_index *index)
{
	return (u64)READ_ONCE(cache->limit_blocks) << RC_BLOCK_SHIFT;
}

static u64 rc_get_bypass(const struct rc_cache *cache, const struct rc_index *index)
{
	return !index;
}

static u64 rc_get_mode(const struct rc_cache *cache, const struct rc_index *index)
{
	return cache->mode;
}

static ssize_t rc_value_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf);

/* A value in sysfs: the sum of counters, or the result of a getter. */
struct rc_value {
	struct kobj_attribute attr;
	/* Counters to sum, by BIT(enum rc_stat). */
	unsigned long stats;
	u64 (*get)(const struct rc_cache *cache, const struct rc_index *index);
};

/* clang-format 14 and 19 break the list of a macro differently. */
/* clang-format off */
#define RC_VALUE(name, ...)                                                  \
	{                                                                    \
		.attr = __ATTR(name, 0444, rc_value_show, NULL), __VA_ARGS__ \
	}
/* clang-format on */
#define RC_SUM(name, mask)   RC_VALUE(name, .stats = (mask))
#define RC_COUNT(name, stat) RC_SUM(name, BIT(RC_STAT_##stat))
#define RC_GET(name)	     RC_VALUE(name, .get = rc_get_##name)

/* The status line prints this many of the values below, in their order. */
#define RC_NR_STATUS_VALUES 13

static struct rc_value rc_values[] = {
	RC_SUM(reads, BIT(RC_STAT_HITS) | BIT(RC_STAT_MISSES) |
			      BIT(RC_STAT_PARTIAL_HITS) | BIT(RC_STAT_READS_PASSED)),
	RC_COUNT(writes, WRITES),
	RC_COUNT(cache_hits, HITS),
	RC_COUNT(replacement, REPLACEMENT),
	RC_COUNT(write_replacement, WRITE_REPLACEMENT),
	RC_COUNT(read_invalidates, READ_INVALIDATES),
	RC_COUNT(write_invalidates, WRITE_INVALIDATES),
	RC_SUM(uncached_reads, BIT(RC_STAT_UNCACHED_READS) | BIT(RC_STAT_READS_PASSED)),
	RC_COUNT(uncached_writes, UNCACHED_WRITES),
	RC_SUM(disk_reads, BIT(RC_STAT_MISSES) | BIT(RC_STAT_READS_PASSED)),
	RC_COUNT(disk_writes, WRITES),
	RC_COUNT(cache_reads, CACHE_READS),
	RC_SUM(cache_writes, BIT(RC_STAT_CACHE_WRITES) | BIT(RC_STAT_FILLS)),

	RC_COUNT(hits, HITS),
	RC_COUNT(misses, MISSES),
	RC_COUNT(partial_hits, PARTIAL_HITS),
	RC_COUNT(fills, FILLS),
	RC_SUM(evictions, BIT(RC_STAT_REPLACEMENT) | BIT(RC_STAT_WRITE_REPLACEMENT) |
				  BIT(RC_STAT_SHRUNK)),
	RC_COUNT(bypassed, BYPASSED),
	RC_GET(cached_bytes),
	RC_GET(limit_bytes),
	RC_GET(memory_bytes),
	RC_GET(metadata_bytes),
	RC_COUNT(source_errors, SOURCE_ERRORS),
	RC_COUNT(flushes, FLUSHES),
	RC_GET(bypass),
	/* As in the table line: 0 write-through, 1 write-around. */
	RC_GET(mode),
};

static_assert(RC_NR_STATS <= BITS_PER_LONG);
static_assert(ARRAY_SIZE(rc_values) > RC_NR_STATUS_VALUES);

/* Return: the value, for the sums in @stats. */
static u64 rc_value(const struct rc_value *value, const struct rc_cache *cache,
		    const struct rc_stats *stats)
{
	unsigned int stat;
	u64 sum = 0;

	if (value->get) {
		rcu_read_lock();
		sum = value->get(cache, rcu_dereference(cache->index));
		rcu_read_unlock();
		return sum;
	}
	for_each_set_bit(stat, &value->stats, RC_NR_STATS)
		sum += stats->count[stat];
	return sum;
}

/**
 * rc_stats_emit() - Print the status line: numbers, separated by blanks.
 * @cache: the cache
 * @result: the text
 * @maxlen: size of @result
 *
 * Return: the length of the text.
 */
unsigned int rc_stats_emit(struct rc_cache *cache, char *result, unsigned int maxlen)
{
	struct rc_stats stats;
	unsigned int sz = 0, i;

	rc_stats_sum(cache, GENMASK(RC_NR_STATS - 1, 0), &stats);
	for (i = 0; i < RC_NR_STATUS_VALUES; i++)
		DMEMIT("%s%llu", i ? " " : "", rc_value(&rc_values[i], cache, &stats));
	return sz;
}

static ssize_t rc_value_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct rc_cache *cache = container_of(kobj, struct rc_stats_dir, kobj)->cache;
	const struct rc_value *value = container_of(attr, struct rc_value, attr);
	struct rc_stats stats;

	rc_stats_sum(cache, value->stats, &stats);
	return sysfs_emit(buf, "%llu\n", rc_value(value, cache, &stats));
}

/* Filled from rc_values by rc_stats_init(). */
static struct attribute *rc_stats_attrs[ARRAY_SIZE(rc_values) + 1];
ATTRIBUTE_GROUPS(rc_stats);

static void rc_stats_dir_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct rc_stats_dir, kobj));
}

static const struct kobj_type rc_stats_dir_type = {
	.release = rc_stats_dir_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = rc_stats_groups,
};

static void rc_stats_dir_remove(struct rc_stats_dir *dir)
{
	lockdep_assert_held(&rc_stats_lock);
	list_del(&dir->list);
	dir->cache->dir = NULL;
	/* Waits for readers of the attributes. The cache may be freed afterwards. */
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}

/*
 * Rename the directories to the current names of their devices.
 *
 * A target is not notified when its device is renamed, and another device may have the
 * old name by now. So all directories are renamed; a directory whose device no longer has
 * a name is removed. The loop repeats while a directory was renamed, because that may
 * have freed the name for another one.
 */
static void rc_stats_dirs_rename(void)
{
	char name[DM_NAME_LEN], uuid[DM_UUID_LEN];
	struct rc_stats_dir *dir, *next;
	bool is_moved;

	lockdep_assert_held(&rc_stats_lock);
	do {
		is_moved = false;
		list_for_each_entry_safe(dir, next, &rc_stats_dirs, list) {
			if (dm_copy_name_and_uuid(dir->md, name, uuid))
				rc_stats_dir_remove(dir);
			else if (strcmp(kobject_name(&dir->kobj), name))
				is_moved |= !kobject_rename(&dir->kobj, name);
		}
	} while (is_moved);
}

/* Create a directory. Return: the directory or an ERR_PTR(). */
static struct rc_stats_dir *rc_stats_dir_add(struct rc_cache *cache,
					     struct mapped_device *md, const char *name)
{
	struct rc_stats_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL), *other, *next;
	int err;

	lockdep_assert_held(&rc_stats_lock);
	if (!dir)
		return ERR_PTR(-ENOMEM);
	/* The directory of a replaced table, or of this one before a rename. */
	list_for_each_entry_safe(other, next, &rc_stats_dirs, list)
		if (other->md == md)
			rc_stats_dir_remove(other);
	rc_stats_dirs_rename();
	dir->cache = cache;
	dir->md = md;
	err = kobject_init_and_add(&dir->kobj, &rc_stats_dir_type, rc_stats_root, "%s",
				   name);
	if (err) {
		kobject_put(&dir->kobj);
		return ERR_PTR(err);
	}
	list_add(&dir->list, &rc_stats_dirs);
	return dir;
}

/**
 * rc_stats_show() - Show the counters in sysfs, under the current name of the device.
 * @cache: the cache
 *
 * If that fails, the cache works without counters in sysfs.
 *
 * Context: resume. Allocations must not wait for writes, which may be to this device.
 */
void rc_stats_show(struct rc_cache *cache)
{
	struct mapped_device *md = dm_table_get_md(cache->ti->table);
	unsigned int noio = memalloc_noio_save();
	char name[DM_NAME_LEN], uuid[DM_UUID_LEN];
	struct rc_stats_dir *dir;

	mutex_lock(&rc_stats_lock);
	if (!dm_copy_name_and_uuid(md, name, uuid) &&
	    !(cache->dir && !strcmp(kobject_name(&cache->dir->kobj), name))) {
		dir = rc_stats_dir_add(cache, md, name);
		if (IS_ERR(dir))
			DMWARN("%s: no counters in sysfs: %ld", name, PTR_ERR(dir));
		else
			cache->dir = dir;
	}
	mutex_unlock(&rc_stats_lock);
	memalloc_noio_restore(noio);
}

/**
 * rc_stats_hide() - Remove the counters from sysfs.
 * @cache: the cache; one without counters in sysfs is fine
 */
void rc_stats_hide(struct rc_cache *cache)
{
	mutex_lock(&rc_stats_lock);
	if (cache->dir)
		rc_stats_dir_remove(cache->dir);
	mutex_unlock(&rc_stats_lock);
}

/**
 * rc_stats_init() - Create the directory of all counters.
 *
 * Return: 0 or -ENOMEM.
 */
int rc_stats_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rc_values); i++)
		rc_stats_attrs[i] = &rc_values[i].attr.attr;
	rc_stats_root = kobject_create_and_add("rapiddisk_cache", kernel_kobj);
	return rc_stats_root ? 0 : -ENOMEM;
}

/**
 * rc_stats_exit() - Remove the directory of all counters.
 */
void rc_stats_exit(void)
{
	kobject_put(rc_stats_root);
}
