// SPDX-License-Identifier: GPL-2.0-only
/*
 * The block device: its life, open and ioctls. The data path is in bio.c, the attributes
 * are in attr.c, changes of the size in resize.c.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "attr.h"
#include "bio.h"
#include "discard.h"
#include "disk.h"
#include "disk_types.h"
#include "pool.h"
#include "progress.h"
#include "promise.h"

/*
 * The ioctls of the rapiddisk command. The last four are requests to CD drives, terminals
 * and SCSI disks.
 */
enum {
	RD_IOCTL_HIGHEST_SECTOR = 0x0529,
	RD_IOCTL_USED_PAGES = 0x0530,
	RD_IOCTL_WIPE = 0x0531,
	RD_IOCTL_CD_CAPABILITY = 0x5331,
	RD_IOCTL_CD_LAST_WRITTEN = 0x5395,
	RD_IOCTL_TTY_GET = 0x5401,
	RD_IOCTL_SCSI = 0x2285,
};

static unsigned int rd_max_sectors_kib;

RD_DEFINE_OPEN(rd_disk_open, gd)
{
	struct rd_disk *disk = gd->private_data;

	lockdep_assert_held(&gd->open_mutex);
	return disk->is_leaving ? -ENXIO : 0;
}

/* Wipe a disk that only the caller has open. Context: gd->open_mutex. */
static int rd_disk_wipe_alone(struct rd_disk *disk, struct block_device *bdev)
{
	struct address_space *mapping = rd_bdev_mapping(bdev);
	int err;

	lockdep_assert_held(&disk->gd->open_mutex);
	/*
	 * Drop the page cache first, dirty pages included. They would be written back
	 * after the wipe. The lock keeps readers from caching the old data again.
	 */
	filemap_invalidate_lock(mapping);
	truncate_inode_pages(mapping, 0);
	err = rd_store_discard(&disk->store, 0,
			       round_up(rd_disk_size_bytes(disk), PAGE_SIZE));
	WRITE_ONCE(disk->highest_sector, 0);
	filemap_invalidate_unlock(mapping);
	return err;
}

/* Implement RD_IOCTL_WIPE. Return: 0 or -errno. */
static int rd_disk_wipe(struct rd_disk *disk, struct block_device *bdev, blk_mode_t mode)
{
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!(mode & BLK_OPEN_WRITE))
		return -EACCES;
	if (bdev_read_only(bdev))
		return -EROFS;

	/*
	 * A device-mapper device passes ioctls on to its disk, and is one opener, whoever
	 * has that device open or mounted. It claims the disk.
	 */
	mutex_lock(&disk->gd->open_mutex);
	err = disk_openers(disk->gd) > 1 || READ_ONCE(bdev->bd_holder)
		      ? -EBUSY
		      : rd_disk_wipe_alone(disk, bdev);
	mutex_unlock(&disk->gd->open_mutex);
	return err;
}

static int rd_disk_ioctl(struct block_device *bdev, blk_mode_t mode, unsigned int cmd,
			 unsigned long arg)
{
	struct rd_disk *disk = bdev->bd_disk->private_data;

	switch (cmd) {
	case RD_IOCTL_HIGHEST_SECTOR:
		return put_user(READ_ONCE(disk->highest_sector), (u64 __user *)arg);
	case RD_IOCTL_USED_PAGES:
		return put_user(rd_disk_used_bytes(disk) >> PAGE_SHIFT,
				(u64 __user *)arg);
	case RD_IOCTL_WIPE:
		return rd_disk_wipe(disk, bdev, mode);
	case RD_IOCTL_CD_CAPABILITY:
	case RD_IOCTL_CD_LAST_WRITTEN:
	case RD_IOCTL_TTY_GET:
	case RD_IOCTL_SCSI:
		return -EINVAL;
	default:
		return -ENOTTY;
	}
}

/* Write back dirty pages before the disk becomes read-only and refuses them. */
static int rd_disk_set_read_only(struct block_device *bdev, bool is_read_only)
{
	return is_read_only ? sync_blockdev(bdev) : 0;
}

static const struct block_device_operations rd_disk_ops = {
	.owner = THIS_MODULE,
	.submit_bio = rd_disk_submit_bio,
	.open = rd_disk_open,
	.ioctl = rd_disk_ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
	.set_read_only = rd_disk_set_read_only,
};

/**
 * rd_bdev_to_disk() - Return the disk of a block device.
 * @bdev: any block device
 *
 * Return: the disk; NULL if the device belongs to another driver.
 */
struct rd_disk *rd_bdev_to_disk(struct block_device *bdev)
{
	if (bdev->bd_disk->fops != &rd_disk_ops)
		return NULL;
	return bdev->bd_disk->private_data;
}

static struct gendisk *rd_disk_alloc_gendisk(struct rd_disk *disk)
{
	struct queue_limits limits = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = PAGE_SIZE,
		.io_min = PAGE_SIZE,
		/* No size of a bio is better than another. max_sectors= sets a limit. */
		.max_hw_sectors = UINT_MAX,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.discard_granularity = PAGE_SIZE,
		/*
		 * The limit of bi_size, in whole pages: a split does not divide a page.
		 */
		.max_hw_discard_sectors = round_down(UINT_MAX, PAGE_SIZE) >> SECTOR_SHIFT,
		.max_write_zeroes_sectors =
			round_down(UINT_MAX, PAGE_SIZE) >> SECTOR_SHIFT,
	};
	struct gendisk *gd;

	if (rd_max_sectors_kib) {
		disk->is_split = true;
		limits.max_hw_sectors =
			max_t(unsigned int, rd_max_sectors_kib * 2, PAGE_SECTORS);
	}
	gd = rd_alloc_gendisk(&limits, disk->store.node);
	if (IS_ERR(gd))
		return gd;
	/* Without a major number, the block layer chooses an extended device number. */
	gd->fops = &rd_disk_ops;
	gd->private_data = disk;
	/*
	 * No partitions. An opener of a partition would not count as an opener of the
	 * disk, and another RAM disk costs one command.
	 */
	gd->flags |= GENHD_FL_NO_PART;
	snprintf(gd->disk_name, sizeof(gd->disk_name), "rd%u", disk->number);
	return gd;
}

/*
 * Prepare a disk that is not visible yet. Return: 0 or -errno; rd_disk_free() follows
 * both.
 */
static int rd_disk_prepare(struct rd_disk *disk, const struct rd_disk_options *options,
			   struct rd_progress *progress)
{
	struct gendisk *gd;
	int err;

	spin_lock_init(&disk->owner_lock);
	mutex_init(&disk->size_lock);
	rd_loan_init(&disk->loan);
	rd_disk_set_owner(disk, options->owner);
	err = rd_store_init(&disk->store, options->size_bytes, options->node);
	if (err)
		return err;
	if (options->is_kept > 0) {
		err = rd_store_keep(&disk->store, progress);
		if (err)
			return err;
	}
	gd = rd_disk_alloc_gendisk(disk);
	if (IS_ERR(gd))
		return PTR_ERR(gd);
	disk->gd = gd;
	set_capacity(gd, options->size_bytes >> SECTOR_SHIFT);
	return 0;
}

/*
 * Free a disk that the block layer does not know (any more). A half-built disk is fine.
 */
static void rd_disk_free(struct rd_disk *disk, struct rd_progress *progress)
{
	WRITE_ONCE(progress->done, 0);
	WRITE_ONCE(progress->total, rd_store_used_bytes(&disk->store));
	rd_store_done(&disk->store, progress);
	if (disk->gd)
		put_disk(disk->gd);
	kfree(disk);
	module_put(THIS_MODULE);
}

/*
 * Make the disk visible. device_add() returns -EINVAL if it could not allocate the name;
 * all arguments of ours were checked before.
 */
static int rd_disk_add(struct rd_disk *disk)
{
	int err = device_add_disk(NULL, disk->gd, rd_disk_groups);

	return err == -EINVAL ? -ENOMEM : err;
}

/**
 * rd_disk_create() - Create a disk and make it visible.
 * @number: its number
 * @options: its size and options
 * @progress: progress for readers of sysfs
 *
 * Each disk holds a reference to the module, so that `rmmod` fails instead of removing
 * disks with their content. The code that runs here does not depend on that reference:
 * sysfs keeps the module as long as a write to mgmt runs. A module that is being unloaded
 * gives no reference.
 *
 * Context: may sleep; one caller at a time.
 * Return: the disk or an ERR_PTR(): -ENOMEM; -EINTR if killed during preallocation;
 * -ENODEV; or the error of add_disk(). Nothing is left behind after an error.
 */
struct rd_disk *rd_disk_create(unsigned int number, const struct rd_disk_options *options,
			       struct rd_progress *progress)
{
	struct rd_disk *disk;
	int err;

	if (!try_module_get(THIS_MODULE))
		return ERR_PTR(-ENODEV);
	disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	if (!disk) {
		module_put(THIS_MODULE);
		return ERR_PTR(-ENOMEM);
	}
	disk->number = number;
	err = rd_disk_prepare(disk, options, progress);
	if (!err)
		err = rd_disk_add(disk);
	if (err) {
		rd_disk_free(disk, progress);
		return ERR_PTR(err);
	}
	return disk;
}

/**
 * rd_disk_start_removal() - Keep a disk from being opened.
 * @disk: the disk
 * @even_if_open: do so even if the disk is open
 *
 * Return: 0; -EBUSY if the disk is open and @even_if_open is false.
 */
int rd_disk_start_removal(struct rd_disk *disk, bool even_if_open)
{
	int err = 0;

	mutex_lock(&disk->gd->open_mutex);
	if (disk_openers(disk->gd) && !even_if_open)
		err = -EBUSY;
	else
		disk->is_leaving = true;
	mutex_unlock(&disk->gd->open_mutex);
	return err;
}

/**
 * rd_disk_finish_removal() - Remove a disk from the block layer and free it.
 * @disk: the disk, after rd_disk_start_removal()
 * @progress: progress for readers of sysfs
 *
 * No ->free_disk() is needed. del_gendisk() waits for the last bio and the last reader of
 * an attribute, and without openers nobody can come back. Only a module that fails to
 * load can find openers here (udev); then this waits for them.
 *
 * Context: may sleep.
 */
void rd_disk_finish_removal(struct rd_disk *disk, struct rd_progress *progress)
{
	del_gendisk(disk->gd);
	while (disk_openers(disk->gd))
		usleep_range(10 * USEC_PER_MSEC, 20 * USEC_PER_MSEC);
	rd_disk_free(disk, progress);
}

/**
 * rd_disk_init() - Set what all disks have in common.
 * @max_sectors_kib: largest request in KiB; 0: no limit
 */
void rd_disk_init(unsigned int max_sectors_kib)
{
	rd_max_sectors_kib = max_sectors_kib;
}
