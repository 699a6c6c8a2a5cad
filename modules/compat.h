/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, and nothing else in these modules knows of it: the rest
 * is written for the newest block layer. Included before all else by the compiler's
 * command line. RD_HAVE_* are set in Kbuild from what the kernel's headers have.
 *
 * Floor: Linux 6.1. Tried with Debian's 6.1, 6.12 and 7.2.
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

/* 6.5: how a block device was opened has a type of its own. */
#ifndef BLK_OPEN_WRITE
typedef fmode_t blk_mode_t;
#define BLK_OPEN_WRITE FMODE_WRITE

/* Until then ->open() got the block device, not the disk. */
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

/*
 * 6.3: call_rcu() may put its work off for seconds; call_rcu_hurry() is what it was
 * before.
 */
#ifndef RD_HAVE_CALL_RCU_HURRY
#define call_rcu_hurry(head, func) call_rcu(head, func)
#endif

/* 6.3: a bio_vec has a function that fills it from an address. */
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
 * 6.7: shrinkers are allocated, and registering one cannot fail; before, the caller had the
 * memory, and it could.
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

/*
 * 6.4: pages that a shrinker frees count as progress for who waits for memory through a
 * function; before, in a number of theirs.
 */
static inline void rd_account_reclaimed(unsigned long nr_pages)
{
#ifdef RD_HAVE_ACCOUNT_RECLAIMED
	mm_account_reclaimed_pages(nr_pages);
#else
	if (current->reclaim_state)
		current->reclaim_state->reclaimed_slab += nr_pages;
#endif
}

/* 6.16: ->read() of a binary attribute got a const. */
#ifdef RD_HAVE_CONST_BIN_READ
#define RD_BIN_ATTRIBUTE const struct bin_attribute
#else
#define RD_BIN_ATTRIBUTE struct bin_attribute
#endif

/* 6.10: a block device names its page cache; before, its inode did. */
static inline struct address_space *rd_bdev_mapping(struct block_device *bdev)
{
#ifdef RD_HAVE_BD_MAPPING
	return bdev->bd_mapping;
#else
	return bdev->bd_inode->i_mapping;
#endif
}

/*
 * rd_alloc_gendisk() - A disk with these limits that completes each bio before
 * submit_bio() returns, never waits when told not to, and has nothing that rotates.
 *
 * 6.9: the limits became an argument, and 6.11 made the features a part of them; before,
 * they were set one by one on the finished queue.
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
