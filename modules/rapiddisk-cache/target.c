/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device-mapper target:
 *
 *   <source> <cache> [<size in sectors> [<mode> [<#args> <key> <value> ...]]]
 *
 * cache: a RAM disk of the rapiddisk module, whose memory is used; or -, memory of its
 * own. mode: 0 write-through, 1 write-around. keys: stream_limit <sectors>: a sequential
 * stream is not cached beyond that; 0: no limit.
 *
 * Messages: bypass on|off, drop, stats_reset, resize <sectors>.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "index.h"
#include "map.h"
#include "shrink.h"
#include "rapiddisk/rapiddisk.h"

/* --- with and without an index
 * ---------------------------------------------------------- */

static struct rc_index *rc_own_index(struct rc_cache *cache)
{
	return rcu_dereference_protected(cache->index, lockdep_is_held(&cache->mutex));
}

/*
 * rc_close() - Take the index away; everything passes by from then on.
 *
 * Context: may sleep, until what is under way in the source has ended.
 */
static void rc_close(struct rc_cache *cache)
{
	struct rc_index *index = rc_own_index(cache);

	if (!index)
		return;
	rcu_assign_pointer(cache->index, NULL);
	synchronize_rcu();
	/* Nobody can begin anything with the old one any more. */
	wait_event(cache->wait, rc_index_is_idle(index));
	rc_index_free(index);
}

/* rc_open() - Begin to cache. Context: as rc_close(). */
static void rc_open(struct rc_cache *cache, struct rc_index *index)
{
	index->is_opening = true;
	rcu_assign_pointer(cache->index, index);
	synchronize_rcu();
	/* No more untracked writes begin; those that did may still change the source. */
	wait_event(cache->wait, !atomic_read(&cache->untracked));
	spin_lock_irq(&index->lock);
	index->is_opening = false;
	spin_unlock_irq(&index->lock);
}

/* Forget all content, and give its memory back. Context: may sleep. */
static void rc_drop(struct rc_cache *cache)
{
	struct rc_index *index = rc_own_index(cache);

	if (!index)
		return;
	rc_index_drop(index, 0, U64_MAX);
	rc_index_give_back(index);
}

/* --- constructor
 * ------------------------------------------------------------------------ */

static int rc_parse_u64(const char *arg, u64 max, u64 *ret)
{
	u64 value;

	/* kstrtou64() takes a sign and a newline too. */
	if (*arg < '0' || *arg > '9' || strchr(arg, '\n') || kstrtou64(arg, 10, &value) ||
	    value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

/* Return: 0, -EINVAL for what is no number, -ERANGE. */
static int rc_parse_size(const struct rc_cache *cache, const char *arg, u32 *ret_blocks)
{
	u64 max = U32_MAX - 1, sectors;

	if (cache->loan)
		max = min_t(u64, max, rapiddisk_loan_nr_pages(cache->loan));
	if (rc_parse_u64(arg, U64_MAX, &sectors))
		return -EINVAL;
	sectors /= RC_BLOCK_SECTORS;
	if (sectors < RC_MIN_BLOCKS || sectors > max)
		return -ERANGE;
	*ret_blocks = sectors;
	return 0;
}

static int rc_ctr_devices(struct rc_cache *cache, struct dm_arg_set *args)
{
	struct dm_target *ti = cache->ti;
	const char *source = dm_shift_arg(args), *memory = dm_shift_arg(args);
	int err;

	err = dm_get_device(ti, source, dm_table_get_mode(ti->table), &cache->source);
	if (err) {
		ti->error = "Source device cannot be opened";
		return err;
	}
	if (bdev_logical_block_size(cache->source->bdev) > RC_BLOCK_SIZE) {
		ti->error = "Source has sectors larger than a page";
		return -EINVAL;
	}
	if (!strcmp(memory, "-"))
		return 0;
	err = dm_get_device(ti, memory, dm_table_get_mode(ti->table) | BLK_OPEN_WRITE,
			    &cache->ramdisk);
	if (err) {
		ti->error = "Cache device cannot be opened";
		return err;
	}
	if (cache->ramdisk->bdev == cache->source->bdev) {
		ti->error = "Source and cache are the same device";
		return -EINVAL;
	}
	cache->loan = rapiddisk_borrow(cache->ramdisk->bdev, dm_table_get_md(ti->table));
	if (!IS_ERR(cache->loan))
		return 0;
	err = PTR_ERR(cache->loan);
	cache->loan = NULL;
	if (err == -EBUSY)
		ti->error =
			"Cache device is in use: open, or the memory of another cache";
	else if (err == -EROFS)
		ti->error = "Cache device is read-only";
	else
		ti->error =
			"Cache device is not a RAM disk of the rapiddisk module, nor -";
	return err;
}

static int rc_ctr_size(struct rc_cache *cache, struct dm_arg_set *args)
{
	unsigned long nr_pages;
	int err;

	if (args->argc) {
		err = rc_parse_size(cache, dm_shift_arg(args), &cache->limit_blocks);
		if (err == -EINVAL)
			cache->ti->error = "Cache size is not a number of sectors";
		else if (err)
			cache->ti->error =
				cache->loan
					? "Cache size is too small, or larger than the RAM disk"
					: "Cache size is too small or too large";
		return err;
	}
	if (!cache->loan) {
		cache->ti->error = "A cache without a RAM disk needs a size";
		return -EINVAL;
	}
	nr_pages = rapiddisk_loan_nr_pages(cache->loan);
	if (nr_pages < RC_MIN_BLOCKS || nr_pages >= U32_MAX) {
		cache->ti->error = "RAM disk is too small or too large";
		return -ERANGE;
	}
	cache->limit_blocks = nr_pages;
	return 0;
}

static int rc_ctr_features(struct rc_cache *cache, struct dm_arg_set *args)
{
	static const struct dm_arg nr_args = { 0, 2,
					       "Number of optional arguments is wrong" };
	struct dm_target *ti = cache->ti;
	unsigned int argc;
	u64 value;
	int err;

	if (!args->argc)
		return 0;
	err = dm_read_arg_group(&nr_args, args, &argc, &ti->error);
	if (err)
		return err;
	cache->has_features = true;
	if (argc % 2) {
		ti->error = "Optional argument without a value";
		return -EINVAL;
	}
	if (argc) {
		if (strcmp(dm_shift_arg(args), "stream_limit")) {
			ti->error = "Unknown optional argument";
			return -EINVAL;
		}
		if (rc_parse_u64(dm_shift_arg(args), U32_MAX, &value)) {
			ti->error = "stream_limit is not a number of sectors";
			return -EINVAL;
		}
		cache->stream_limit = value;
		cache->has_stream_limit = true;
	}
	return 0;
}

static int rc_ctr_args(struct rc_cache *cache, struct dm_arg_set *args)
{
	u64 mode;
	int err;

	if (args->argc < 2) {
		cache->ti->error = "Needs a source and a cache device";
		return -EINVAL;
	}
	cache->nr_args = args->argc;
	err = rc_ctr_devices(cache, args);
	if (!err)
		err = rc_ctr_size(cache, args);
	if (err)
		return err;
	if (args->argc) {
		if (rc_parse_u64(dm_shift_arg(args), 1, &mode)) {
			cache->ti->error =
				"Mode is neither 0 (write-through) nor 1 (write-around)";
			return -EINVAL;
		}
		cache->mode = mode;
	}
	err = rc_ctr_features(cache, args);
	if (!err && args->argc) {
		cache->ti->error = "Too many arguments";
		err = -EINVAL;
	}
	return err;
}

static int rc_ctr_memory(struct rc_cache *cache)
{
	struct rc_index *index;

	cache->stats = alloc_percpu(struct rc_stats);
	cache->workqueue =
		alloc_workqueue("rapiddisk-cache", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	index = rc_index_alloc(cache, cache->limit_blocks);
	RCU_INIT_POINTER(cache->index, index);
	if (cache->stats && cache->workqueue && index)
		return 0;
	cache->ti->error = "Not enough memory";
	return -ENOMEM;
}

/* Half-built ones are fine. */
static void rc_dtr(struct dm_target *ti)
{
	struct rc_cache *cache = ti->private;

	rc_stats_hide(cache);
	rc_shrink_del(cache);
	mutex_lock(&cache->mutex);
	rc_close(cache);
	mutex_unlock(&cache->mutex);
	if (cache->workqueue)
		destroy_workqueue(cache->workqueue);
	free_percpu(cache->stats);
	if (cache->loan)
		rapiddisk_return(cache->loan);
	if (cache->ramdisk)
		dm_put_device(ti, cache->ramdisk);
	if (cache->source)
		dm_put_device(ti, cache->source);
	mutex_destroy(&cache->mutex);
	kfree(cache);
}

static int rc_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct dm_arg_set args = { .argc = argc, .argv = argv };
	struct rc_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	int err;

	if (!cache) {
		ti->error = "Not enough memory";
		return -ENOMEM;
	}
	ti->private = cache;
	cache->ti = ti;
	cache->size_bytes = (u64)ti->len << SECTOR_SHIFT;
	mutex_init(&cache->mutex);
	init_waitqueue_head(&cache->wait);
	INIT_LIST_HEAD(&cache->list);

	err = rc_ctr_args(cache, &args);
	if (!err)
		err = rc_ctr_memory(cache);
	if (err) {
		rc_dtr(ti);
		return err;
	}
	rc_shrink_add(cache);
	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = rc_io_size();
	return 0;
}

/* --- suspend and resume
 * ----------------------------------------------------------------- */

/* No bio is under way. Until the device is resumed, anybody may change the source. */
static void rc_postsuspend(struct dm_target *ti)
{
	struct rc_cache *cache = ti->private;

	mutex_lock(&cache->mutex);
	rc_drop(cache);
	mutex_unlock(&cache->mutex);
}

static int rc_preresume(struct dm_target *ti)
{
	struct rc_cache *cache = ti->private;

	return cache->loan ? rapiddisk_loan_start(cache->loan) : 0;
}

static void rc_resume(struct dm_target *ti)
{
	rc_stats_show(ti->private);
}

/* --- status and messages
 * ---------------------------------------------------------------- */

/* As many arguments as there were, so that the table is the one that was loaded. */
static unsigned int rc_emit_table(struct rc_cache *cache, char *result,
				  unsigned int maxlen)
{
	unsigned int sz = 0, nr_args = READ_ONCE(cache->nr_args);

	DMEMIT("%s %s", cache->source->name, cache->ramdisk ? cache->ramdisk->name : "-");
	if (nr_args > 2)
		DMEMIT(" %llu", (u64)READ_ONCE(cache->limit_blocks) * RC_BLOCK_SECTORS);
	if (nr_args > 3)
		DMEMIT(" %u", cache->mode);
	if (cache->has_stream_limit)
		DMEMIT(" 2 stream_limit %u", cache->stream_limit);
	else if (cache->has_features)
		DMEMIT(" 0");
	return sz;
}

static void rc_status(struct dm_target *ti, status_type_t type, unsigned int status_flags,
		      char *result, unsigned int maxlen)
{
	struct rc_cache *cache = ti->private;
	unsigned int sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		rc_stats_emit(cache, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		rc_emit_table(cache, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		DMEMIT_TARGET_NAME_VERSION(ti->type);
		DMEMIT(",source=%s,cache=%s,size_sectors=%llu,mode=%s,stream_limit=%u;",
		       cache->source->name, cache->ramdisk ? cache->ramdisk->name : "-",
		       (u64)READ_ONCE(cache->limit_blocks) * RC_BLOCK_SECTORS,
		       cache->mode == RC_WRITE_THROUGH ? "write-through" : "write-around",
		       cache->stream_limit);
		break;
	}
}

static int rc_message_bypass(struct rc_cache *cache, const char *arg)
{
	struct rc_index *index;

	lockdep_assert_held(&cache->mutex);
	if (!strcmp(arg, "on")) {
		rc_close(cache);
		return 0;
	}
	if (strcmp(arg, "off"))
		return -EINVAL;
	if (rc_own_index(cache))
		return 0;
	index = rc_index_alloc(cache, cache->limit_blocks);
	if (!index)
		return -ENOMEM;
	rc_open(cache, index);
	return 0;
}

/* A cache of another size begins empty. One that is bypassed stays so. */
static int rc_message_resize(struct rc_cache *cache, const char *arg)
{
	struct rc_index *index = NULL;
	u32 nr_blocks;
	int err;

	lockdep_assert_held(&cache->mutex);
	err = rc_parse_size(cache, arg, &nr_blocks);
	if (err)
		return err;
	if (rc_own_index(cache)) {
		index = rc_index_alloc(cache, nr_blocks);
		if (!index)
			return -ENOMEM;
	}
	WRITE_ONCE(cache->limit_blocks, nr_blocks);
	WRITE_ONCE(cache->nr_args, max(cache->nr_args, 3U));
	if (index) {
		rc_close(cache);
		rc_open(cache, index);
	}
	return 0;
}

static int rc_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		      unsigned int maxlen)
{
	struct rc_cache *cache = ti->private;
	unsigned int noio;
	int err = 0;

	/*
	 * target_message() keeps the table by SRCU, which a suspend waits for that has
	 * frozen the file system above already: memory must not wait for writes to that,
	 * nor to this device.
	 */
	noio = memalloc_noio_save();
	mutex_lock(&cache->mutex);
	if (argc == 2 && !strcasecmp(argv[0], "bypass"))
		err = rc_message_bypass(cache, argv[1]);
	else if (argc == 2 && !strcasecmp(argv[0], "resize"))
		err = rc_message_resize(cache, argv[1]);
	else if (argc == 1 && !strcasecmp(argv[0], "drop"))
		rc_drop(cache);
	else if (argc == 1 && !strcasecmp(argv[0], "stats_reset"))
		rc_stats_reset(cache);
	else
		err = -EINVAL;
	mutex_unlock(&cache->mutex);
	memalloc_noio_restore(noio);
	return err;
}

/* --- the rest
 * --------------------------------------------------------------------------- */

/* The limits and abilities are the source's: the memory has none of its own. */
static int rc_iterate_devices(struct dm_target *ti, iterate_devices_callout_fn fn,
			      void *data)
{
	struct rc_cache *cache = ti->private;

	return fn(ti, cache->source, 0, ti->len, data);
}

static struct target_type rc_target = {
	.name = "rapiddisk-cache",
	.version = { 10, 0, 0 },
	.features = DM_TARGET_NOWAIT,
	.module = THIS_MODULE,
	.ctr = rc_ctr,
	.dtr = rc_dtr,
	.map = rc_map,
	.end_io = rc_end_io,
	.postsuspend = rc_postsuspend,
	.preresume = rc_preresume,
	.resume = rc_resume,
	.status = rc_status,
	.message = rc_message,
	.iterate_devices = rc_iterate_devices,
};

static int __init rc_init(void)
{
	int err;

	err = rc_stats_init();
	if (err)
		return err;
	err = rc_shrink_init();
	if (err)
		goto out_stats;
	err = dm_register_target(&rc_target);
	if (err)
		goto out_shrinker;
	return 0;

out_shrinker:
	rc_shrink_exit();
out_stats:
	rc_stats_exit();
	return err;
}

static void __exit rc_exit(void)
{
	dm_unregister_target(&rc_target);
	rc_shrink_exit();
	rc_stats_exit();
	/* The last rc_reclaim_rcu() has let go of its index, but may not have returned. */
	rcu_barrier();
}

module_init(rc_init);
module_exit(rc_exit);

MODULE_DESCRIPTION("Read cache of a block device in memory");
MODULE_AUTHOR("The rapiddisk project");
MODULE_VERSION(RAPIDDISK_VERSION);
MODULE_LICENSE("GPL");
/* What device-mapper asks for when it does not know the target. */
MODULE_ALIAS("dm-rapiddisk-cache");
RD_IMPORT_SYMBOLS();
