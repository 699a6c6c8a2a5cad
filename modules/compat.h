/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernels. The modules are written for the newest block layer, and
 * this file supplies to older kernels the interfaces that they lack. The compiler's
 * command line includes it before everything else. Kbuild sets RD_HAVE_* from the headers
 * of the kernel.
 *
 * Floor: Linux 6.1. Tested with Debian's 6.1, 6.12 and 7.2.
 */
#ifndef RAPIDDISK_COMPAT_H
#define RAPIDDISK_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "rapiddisk needs Linux 6.1 or newer"
#endif

#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>
#include <linux/swap.h>
#include <linux/sysfs.h>

#ifdef CONFIG_HIGHMEM
#error "rapiddisk copies through the direct map: it needs a kernel without high memory"
#endif

/* 6.5: blk_mode_t, for the mode in which a block device was opened. */
#ifndef BLK_OPEN_WRITE
typedef fmode_t blk_mode_t;
#define BLK_OPEN_WRITE FMODE_WRITE

/* Before 6.5, ->open() got the block device instead of the disk. */
#define RD_DEFINE_OPEN(name, disk)                               \
	static int name##_disk(struct gendisk *disk);            \
	static int name(struct block_device *bdev, fmode_t mode) \
	{                                                        \
		return name##_disk(bdev->bd_disk);               \
	}                                                        \
	static int name##_disk(struct gendisk *disk)
#else
#define RD_DEFINE_OPEN(name, disk)                           \
	static int name##_disk(struct gendisk *disk);        \
	static int name(struct gendisk *gd, blk_mode_t mode) \
	{                                                    \
		return name##_disk(gd);                      \
	}                                                    \
	static int name##_disk(struct gendisk *disk)
#endif

/* 6.3: call_rcu() may delay its callback for seconds. call_rcu_hurry() does not. */
#ifndef RD_HAVE_CALL_RCU_HURRY
#define call_rcu_hurry(head, func) call_rcu(head, func)
#endif

/* 6.3: bvec_set_virt(). */
#ifndef RD_HAVE_BVEC_SET_VIRT
static inline void bvec_set_virt(struct bio_vec *bv, void *addr, unsigned int len)
{
	bv->bv_page = virt_to_page(addr);
	bv->bv_len = len;
	bv->bv_offset = offset_in_page(addr);
}
#endif

/* 6.13: the namespace of an exported symbol became a string. */
#ifdef RD_HAVE_NS_STRING
#define EXPORT_SYMBOL_RAPIDDISK(symbol) EXPORT_SYMBOL_NS_GPL(symbol, "RAPIDDISK")
#define RD_IMPORT_SYMBOLS()		MODULE_IMPORT_NS("RAPIDDISK")
#else
#define EXPORT_SYMBOL_RAPIDDISK(symbol) EXPORT_SYMBOL_NS_GPL(symbol, RAPIDDISK)
#define RD_IMPORT_SYMBOLS()		MODULE_IMPORT_NS(RAPIDDISK)
#endif

/*
 * 6.7: shrinker_alloc(). Registration cannot fail any more. Before, the caller owned the
 * memory of the shrinker, and registration could fail.
 */
#ifdef RD_HAVE_SHRINKER_ALLOC
#define rd_shrinker_alloc(name) shrinker_alloc(0, name)
#define rd_shrinker_register(shrinker, name) \
	({                                   \
		shrinker_register(shrinker); \
		0;                           \
	})
#define rd_shrinker_free(shrinker) shrinker_free(shrinker)
#else
#define rd_shrinker_alloc(name) \
	((struct shrinker *)kzalloc(sizeof(struct shrinker), GFP_KERNEL))
#define rd_shrinker_register(shrinker, name) \
	((shrinker)->seeks = DEFAULT_SEEKS, register_shrinker(shrinker, name))
#define rd_shrinker_free(shrinker) (unregister_shrinker(shrinker), kfree(shrinker))
#endif

/* 6.4: mm_account_reclaimed_pages(). Before, shrinkers added to a counter of the task. */
static inline void rd_account_reclaimed(unsigned long nr_pages)
{
#ifdef RD_HAVE_ACCOUNT_RECLAIMED
	mm_account_reclaimed_pages(nr_pages);
#else
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += nr_pages;
#endif
}

/* 6.16: the attribute became const in ->read() of a binary attribute. */
#ifdef RD_HAVE_CONST_BIN_READ
#define RD_BIN_ATTRIBUTE const struct bin_attribute
#else
#define RD_BIN_ATTRIBUTE struct bin_attribute
#endif

/* 6.10: bd_mapping. Before, the inode of the block device had the mapping. */
static inline struct address_space *rd_bdev_mapping(struct block_device *bdev)
{
#ifdef RD_HAVE_BD_MAPPING
	return bdev->bd_mapping;
#else
	return bdev->bd_inode->i_mapping;
#endif
}

/**
 * rd_alloc_gendisk() - Allocate a disk that completes each bio before submit_bio()
 * returns.
 * @limits: limits of the queue
 * @node: NUMA node, or NUMA_NO_NODE
 *
 * The disk honours REQ_NOWAIT and does not rotate.
 *
 * 6.9: the limits became an argument. 6.11: the features became a part of the limits.
 * Before, both were set one by one on the queue.
 *
 * Return: the disk or an ERR_PTR().
 */
static inline struct gendisk *rd_alloc_gendisk(struct queue_limits *limits, int node)
{
#ifdef BLK_FEAT_NOWAIT
	limits->features = BLK_FEAT_NOWAIT | BLK_FEAT_SYNCHRONOUS | BLK_FEAT_IO_STAT;
	return blk_alloc_disk(limits, node);
#else
	struct request_queue *queue;
	struct gendisk *gd;

#ifdef RD_HAVE_DISK_LIMITS
	gd = blk_alloc_disk(limits, node);
	if (IS_ERR(gd))
		return gd;
#else
	gd = blk_alloc_disk(node);
	if (!gd)
		return ERR_PTR(-ENOMEM);
#endif
	queue = gd->queue;
	blk_queue_logical_block_size(queue, limits->logical_block_size);
	blk_queue_physical_block_size(queue, limits->physical_block_size);
	blk_queue_io_min(queue, limits->io_min);
	blk_queue_max_hw_sectors(queue, limits->max_hw_sectors);
	blk_queue_max_discard_sectors(queue, limits->max_hw_discard_sectors);
	queue->limits.discard_granularity = limits->discard_granularity;
	blk_queue_max_write_zeroes_sectors(queue, limits->max_write_zeroes_sectors);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, queue);
	blk_queue_flag_set(QUEUE_FLAG_NOWAIT, queue);
	blk_queue_flag_set(QUEUE_FLAG_IO_STAT, queue);
#ifdef QUEUE_FLAG_SYNCHRONOUS
	blk_queue_flag_set(QUEUE_FLAG_SYNCHRONOUS, queue);
#endif
	return gd;
#endif
}

#endif
