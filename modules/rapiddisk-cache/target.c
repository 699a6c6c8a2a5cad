// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device-mapper target. args.c describes the table line.
 *
 * Messages: bypass on|off, drop, stats_reset, resize <sectors>.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "args.h"
#include "cache.h"
#include "cache_types.h"
#include "claim.h"
#include "index.h"
#include "map.h"
#include "rapiddisk/loan.h"
#include "shrink.h"
#include "stats.h"

/* Allocate counters, work queue and index. Return: 0 or -ENOMEM, with ti->error set. */
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

/* Implement .dtr. A half-built cache is fine. */
static void rc_dtr(struct dm_target *ti)
{
	struct rc_cache *cache = ti->private;

	rc_stats_hide(cache);
	rc_shrink_del(cache);
	mutex_lock(&cache->mutex);
	rc_cache_close(cache);
	mutex_unlock(&cache->mutex);
	if (cache->workqueue)
		destroy_workqueue(cache->workqueue);
	free_percpu(cache->stats);
	if (cache->loan)
		rapiddisk_return(cache->loan);
	if (cache->ramdisk)
		dm_put_device(ti, cache->ramdisk);
	rc_unclaim(cache);
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
	INIT_LIST_HEAD(&cache->claim);

	err = rc_args_parse(cache, &args);
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

/*
 * Implement .postsuspend: drop all content, because others may modify the source until
 * resume.
 *
 * No bio is in flight: __dm_suspend() waits for the calls of .map by synchronize_srcu(), and
 * for the ends of all bios by dm_wait_for_completion(). New bios wait for the resume.
 * __dm_destroy() waits for neither, but no new bio comes to a device without openers, and
 * .dtr waits for the rest. The memory goes back to the kernel by the shrinker, or by .dtr.
 */
static void rc_postsuspend(struct dm_target *ti)
{
	struct rc_cache *cache = ti->private;

	mutex_lock(&cache->mutex);
	rc_cache_clear(cache);
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
		rc_args_emit(cache, result, maxlen);
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

static int rc_message(struct dm_target *ti, unsigned int argc, char **argv, char *result,
		      unsigned int maxlen)
{
	struct rc_cache *cache = ti->private;
	unsigned int noio;
	int err = 0;

	/*
	 * target_message() holds the table by SRCU. A suspend that waits for the SRCU
	 * reader has already frozen the file system above. So no allocation here may wait
	 * for writes to that file system or to this device.
	 */
	noio = memalloc_noio_save();
	mutex_lock(&cache->mutex);
	if (argc == 2 && !strcasecmp(argv[0], "bypass"))
		err = rc_cache_bypass(cache, argv[1]);
	else if (argc == 2 && !strcasecmp(argv[0], "resize"))
		err = rc_cache_resize(cache, argv[1]);
	else if (argc == 1 && !strcasecmp(argv[0], "drop"))
		rc_cache_drop(cache);
	else if (argc == 1 && !strcasecmp(argv[0], "stats_reset"))
		rc_stats_reset(cache);
	else
		err = -EINVAL;
	mutex_unlock(&cache->mutex);
	memalloc_noio_restore(noio);
	return err;
}

/* Limits and features are the source's alone; the memory has none. */
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
	/* The last rc_reclaim_rcu() has released its index, but may not have returned. */
	rcu_barrier();
}

module_init(rc_init);
module_exit(rc_exit);

MODULE_DESCRIPTION("Read cache of a block device in memory");
MODULE_AUTHOR("The rapiddisk project");
MODULE_VERSION(RAPIDDISK_VERSION);
MODULE_LICENSE("GPL");
/* request_module() of dm_get_target_type(). */
MODULE_ALIAS("dm-rapiddisk-cache");
RD_IMPORT_SYMBOLS();
