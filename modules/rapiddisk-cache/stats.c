/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters: one world-readable attribute each, in
 * /sys/kernel/rapiddisk_cache/<name of the device-mapper device>/.
 *
 * A bio that device-mapper or we cut in two counts as two, each for what it was. Blocks
 * are pages. Counting is per CPU; a sum that is read while it grows may miss the last
 * moment.
 */
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "index.h"

enum rc_value {
	/* The thirteen of the status line, in its order. */
	RC_READS,
	RC_WRITES,
	RC_CACHE_HITS,
	RC_REPLACEMENT,
	RC_WRITE_REPLACEMENT,
	RC_READ_INVALIDATES,
	RC_WRITE_INVALIDATES,
	RC_UNCACHED_READS,
	RC_UNCACHED_WRITES,
	RC_DISK_READS,
	RC_DISK_WRITES,
	RC_CACHE_READS,
	RC_CACHE_WRITES,
	RC_NR_STATUS_VALUES,

	RC_HITS = RC_NR_STATUS_VALUES,
	RC_MISSES,
	RC_PARTIAL_HITS,
	RC_FILLS,
	RC_EVICTIONS,
	RC_BYPASSED,
	RC_CACHED_BYTES,
	RC_LIMIT_BYTES,
	RC_MEMORY_BYTES,
	RC_METADATA_BYTES,
	RC_SOURCE_ERRORS,
	RC_FLUSHES,
	RC_IS_BYPASSED,
	RC_MODE,
	RC_NR_VALUES,
};

struct rc_stats_dir {
	struct kobject kobj;
	struct rc_cache *cache;
	struct mapped_device *md;
	struct list_head list;
};

static struct kobject *rc_stats_root;

/* Guards the list of directories, and rc_cache.dir. */
static DEFINE_MUTEX(rc_stats_lock);
static LIST_HEAD(rc_stats_dirs);

static void rc_stats_sum(const struct rc_cache *cache, struct rc_stats *ret)
{
	unsigned int stat;
	int cpu;

	memset(ret, 0, sizeof(*ret));
	for_each_possible_cpu(cpu) for (stat = 0; stat < RC_NR_STATS; stat++)
		ret->count[stat] +=
		READ_ONCE(per_cpu_ptr(cache->stats, cpu)->count[stat]);
}

void rc_stats_reset(struct rc_cache *cache)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(cache->stats, cpu), 0, sizeof(struct rc_stats));
}

static u64 rc_index_metadata_bytes(const struct rc_index *index)
{
	return sizeof(*index) + ((u64)index->nr_slots + 1) * sizeof(*index->slot) +
	       ((u64)index->nr_groups << RC_GROUP_SHIFT) * sizeof(*index->bucket) +
	       (u64)index->nr_ghost_sets * RC_GHOST_WAYS * sizeof(*index->ghost);
}

/* What the index says about itself; 0 while there is none. */
static u64 rc_index_value(struct rc_cache *cache, enum rc_value value)
{
	const struct rc_index *index;
	u64 ret = 0;

	rcu_read_lock();
	index = rcu_dereference(cache->index);
	if (value == RC_IS_BYPASSED)
		ret = !index;
	else if (index && value == RC_CACHED_BYTES)
		ret = (u64)READ_ONCE(index->nr_valid) << RC_BLOCK_SHIFT;
	else if (index && value == RC_MEMORY_BYTES)
		ret = (u64)READ_ONCE(index->nr_pages) << RC_BLOCK_SHIFT;
	else if (index && value == RC_METADATA_BYTES)
		ret = rc_index_metadata_bytes(index);
	rcu_read_unlock();
	return ret;
}

static u64 rc_value(struct rc_cache *cache, const struct rc_stats *stats,
		    enum rc_value value)
{
	const u64 *count = stats->count;

	switch (value) {
	case RC_READS:
		return count[RC_STAT_HITS] + count[RC_STAT_MISSES] +
		       count[RC_STAT_PARTIAL_HITS] + count[RC_STAT_READS_PASSED];
	case RC_WRITES:
	case RC_DISK_WRITES:
		return count[RC_STAT_WRITES];
	case RC_CACHE_HITS:
	case RC_HITS:
		return count[RC_STAT_HITS];
	case RC_REPLACEMENT:
		return count[RC_STAT_REPLACEMENT];
	case RC_WRITE_REPLACEMENT:
		return count[RC_STAT_WRITE_REPLACEMENT];
	case RC_READ_INVALIDATES:
		return count[RC_STAT_READ_INVALIDATES];
	case RC_WRITE_INVALIDATES:
		return count[RC_STAT_WRITE_INVALIDATES];
	case RC_UNCACHED_READS:
		return count[RC_STAT_UNCACHED_READS] + count[RC_STAT_READS_PASSED];
	case RC_UNCACHED_WRITES:
		return count[RC_STAT_UNCACHED_WRITES];
	case RC_DISK_READS:
		return count[RC_STAT_MISSES] + count[RC_STAT_READS_PASSED];
	case RC_CACHE_READS:
		return count[RC_STAT_CACHE_READS];
	case RC_CACHE_WRITES:
		return count[RC_STAT_CACHE_WRITES] + count[RC_STAT_FILLS];
	case RC_MISSES:
		return count[RC_STAT_MISSES];
	case RC_PARTIAL_HITS:
		return count[RC_STAT_PARTIAL_HITS];
	case RC_FILLS:
		return count[RC_STAT_FILLS];
	case RC_EVICTIONS:
		return count[RC_STAT_REPLACEMENT] + count[RC_STAT_WRITE_REPLACEMENT] +
		       count[RC_STAT_SHRUNK];
	case RC_BYPASSED:
		return count[RC_STAT_BYPASSED];
	case RC_LIMIT_BYTES:
		return (u64)READ_ONCE(cache->limit_blocks) << RC_BLOCK_SHIFT;
	case RC_SOURCE_ERRORS:
		return count[RC_STAT_SOURCE_ERRORS];
	case RC_FLUSHES:
		return count[RC_STAT_FLUSHES];
	case RC_MODE:
		return cache->mode;
	default:
		return rc_index_value(cache, value);
	}
}

/* The status line: numbers with blanks between them. Return: its length. */
unsigned int rc_stats_emit(struct rc_cache *cache, char *result, unsigned int maxlen)
{
	struct rc_stats stats;
	unsigned int sz = 0, value;

	rc_stats_sum(cache, &stats);
	for (value = 0; value < RC_NR_STATUS_VALUES; value++)
		DMEMIT("%s%llu", value ? " " : "", rc_value(cache, &stats, value));
	return sz;
}

/* --- sysfs
 * ------------------------------------------------------------------------------ */

struct rc_attribute {
	struct kobj_attribute attr;
	enum rc_value value;
};

static ssize_t rc_value_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct rc_cache *cache = container_of(kobj, struct rc_stats_dir, kobj)->cache;
	enum rc_value value = container_of(attr, struct rc_attribute, attr)->value;
	struct rc_stats stats;

	rc_stats_sum(cache, &stats);
	return sysfs_emit(buf, "%llu\n", rc_value(cache, &stats, value));
}

#define RC_ATTRIBUTE(name, id)                              \
	static struct rc_attribute rc_attr_##name = {       \
		__ATTR(name, 0444, rc_value_show, NULL), id \
	}

RC_ATTRIBUTE(reads, RC_READS);
RC_ATTRIBUTE(writes, RC_WRITES);
RC_ATTRIBUTE(cache_hits, RC_CACHE_HITS);
RC_ATTRIBUTE(replacement, RC_REPLACEMENT);
RC_ATTRIBUTE(write_replacement, RC_WRITE_REPLACEMENT);
RC_ATTRIBUTE(read_invalidates, RC_READ_INVALIDATES);
RC_ATTRIBUTE(write_invalidates, RC_WRITE_INVALIDATES);
RC_ATTRIBUTE(uncached_reads, RC_UNCACHED_READS);
RC_ATTRIBUTE(uncached_writes, RC_UNCACHED_WRITES);
RC_ATTRIBUTE(disk_reads, RC_DISK_READS);
RC_ATTRIBUTE(disk_writes, RC_DISK_WRITES);
RC_ATTRIBUTE(cache_reads, RC_CACHE_READS);
RC_ATTRIBUTE(cache_writes, RC_CACHE_WRITES);
RC_ATTRIBUTE(hits, RC_HITS);
RC_ATTRIBUTE(misses, RC_MISSES);
RC_ATTRIBUTE(partial_hits, RC_PARTIAL_HITS);
RC_ATTRIBUTE(fills, RC_FILLS);
RC_ATTRIBUTE(evictions, RC_EVICTIONS);
RC_ATTRIBUTE(bypassed, RC_BYPASSED);
RC_ATTRIBUTE(cached_bytes, RC_CACHED_BYTES);
RC_ATTRIBUTE(limit_bytes, RC_LIMIT_BYTES);
RC_ATTRIBUTE(memory_bytes, RC_MEMORY_BYTES);
RC_ATTRIBUTE(metadata_bytes, RC_METADATA_BYTES);
RC_ATTRIBUTE(source_errors, RC_SOURCE_ERRORS);
RC_ATTRIBUTE(flushes, RC_FLUSHES);
RC_ATTRIBUTE(bypass, RC_IS_BYPASSED);
/* As in the table: 0 write-through, 1 write-around. */
RC_ATTRIBUTE(mode, RC_MODE);

static struct attribute *rc_stats_attrs[] = {
	&rc_attr_reads.attr.attr,
	&rc_attr_writes.attr.attr,
	&rc_attr_cache_hits.attr.attr,
	&rc_attr_replacement.attr.attr,
	&rc_attr_write_replacement.attr.attr,
	&rc_attr_read_invalidates.attr.attr,
	&rc_attr_write_invalidates.attr.attr,
	&rc_attr_uncached_reads.attr.attr,
	&rc_attr_uncached_writes.attr.attr,
	&rc_attr_disk_reads.attr.attr,
	&rc_attr_disk_writes.attr.attr,
	&rc_attr_cache_reads.attr.attr,
	&rc_attr_cache_writes.attr.attr,
	&rc_attr_hits.attr.attr,
	&rc_attr_misses.attr.attr,
	&rc_attr_partial_hits.attr.attr,
	&rc_attr_fills.attr.attr,
	&rc_attr_evictions.attr.attr,
	&rc_attr_bypassed.attr.attr,
	&rc_attr_cached_bytes.attr.attr,
	&rc_attr_limit_bytes.attr.attr,
	&rc_attr_memory_bytes.attr.attr,
	&rc_attr_metadata_bytes.attr.attr,
	&rc_attr_source_errors.attr.attr,
	&rc_attr_flushes.attr.attr,
	&rc_attr_bypass.attr.attr,
	&rc_attr_mode.attr.attr,
	NULL,
};

static_assert(ARRAY_SIZE(rc_stats_attrs) == RC_NR_VALUES + 1);
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
	/* Waits for who is reading an attribute: the cache may go after that. */
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}

/*
 * Nobody tells a target that its device has been renamed, and somebody else's may have the
 * old name by now. So all directories move to the names that their devices have; one goes
 * whose device has none any more. Again as long as one moved: it may have made room for
 * another.
 */
static void rc_stats_dirs_rename(void)
{
	char name[DM_NAME_LEN], uuid[DM_UUID_LEN];
	struct rc_stats_dir *dir, *next;
	bool is_moved;

	lockdep_assert_held(&rc_stats_lock);
	do {
		is_moved = false;
		list_for_each_entry_safe (dir, next, &rc_stats_dirs, list) {
			if (dm_copy_name_and_uuid(dir->md, name, uuid))
				rc_stats_dir_remove(dir);
			else if (strcmp(kobject_name(&dir->kobj), name))
				is_moved |= !kobject_rename(&dir->kobj, name);
		}
	} while (is_moved);
}

static struct rc_stats_dir *rc_stats_dir_add(struct rc_cache *cache,
					     struct mapped_device *md, const char *name)
{
	struct rc_stats_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL), *other, *next;
	int err;

	lockdep_assert_held(&rc_stats_lock);
	if (!dir)
		return ERR_PTR(-ENOMEM);
	/*
	 * The table that this one replaces, or this one under the name before a rename.
	 */
	list_for_each_entry_safe (other, next, &rc_stats_dirs, list)
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

/*
 * rc_stats_show() - Let the world see the counters, under the name that the device has
 * now.
 *
 * A failure costs the counters, not the cache. Context: on resume, so no memory may be
 * got by writing to devices: it could be this one.
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
			pr_warn("rapiddisk-cache: %s: no counters in sysfs: %ld\n", name,
				PTR_ERR(dir));
		else
			cache->dir = dir;
	}
	mutex_unlock(&rc_stats_lock);
	memalloc_noio_restore(noio);
}

void rc_stats_hide(struct rc_cache *cache)
{
	mutex_lock(&rc_stats_lock);
	if (cache->dir)
		rc_stats_dir_remove(cache->dir);
	mutex_unlock(&rc_stats_lock);
}

int rc_stats_init(void)
{
	rc_stats_root = kobject_create_and_add("rapiddisk_cache", kernel_kobj);
	return rc_stats_root ? 0 : -ENOMEM;
}

void rc_stats_exit(void)
{
	kobject_put(rc_stats_root);
}
