// SPDX-License-Identifier: GPL-2.0-only
/*
 * The block device: how it begins and ends, who opens it, and its ioctls. Its data path is in
 * bio.c, its attributes in attr.c, changes of its size in resize.c.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bio.h"
#include "disk.h"

/*
 * ioctls of the rapiddisk command; the last four are questions to CD drives and
 * terminals.
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

static int rd_major;
static unsigned int rd_max_sectors_kib;

/* --- open, ioctl, read-only ------------------------------------------------------- */

RD_DEFINE_OPEN(rd_disk_open, gd)
{
	struct rd_disk *disk = gd->private_data;

	lockdep_assert_held(&gd->open_mutex);
	return disk->is_leaving ? -ENXIO : 0;
}

/* Context: gd->open_mutex, the caller being the only one that has the disk open. */
static int rd_disk_wipe_alone(struct rd_disk *disk, struct block_device *bdev)
{
	struct address_space *mapping = rd_bdev_mapping(bdev);
	int err;

	lockdep_assert_held(&disk->gd->open_mutex);
	/*
	 * Cached data goes first, dirty or not, or it would be written back behind the
	 * wipe; and the lock keeps reads from caching anew what is about to go.
	 */
	filemap_invalidate_lock(mapping);
	truncate_inode_pages(mapping, 0);
	err = rd_store_discard(&disk->store, 0,
			       round_up(rd_disk_size_bytes(disk), PAGE_SIZE));
	WRITE_ONCE(disk->highest_sector, 0);
	filemap_invalidate_unlock(mapping);
	return err;
}

static int rd_disk_wipe(struct rd_disk *disk, struct block_device *bdev, blk_mode_t mode)
{
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!(mode & BLK_OPEN_WRITE))
		return -EACCES;
	if (bdev_read_only(bdev))
		return -EROFS;

	mutex_lock(&disk->gd->open_mutex);
	err = disk_openers(disk->gd) > 1 ? -EBUSY : rd_disk_wipe_alone(disk, bdev);
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

/* Data that was written but is cached only must not be refused when it comes at last. */
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

/* The disk behind @bdev, NULL if it is another driver's. */
struct rd_disk *rd_bdev_to_disk(struct block_device *bdev)
{
	if (bdev->bd_disk->fops != &rd_disk_ops)
		return NULL;
	return bdev->bd_disk->private_data;
}

/* --- life ------------------------------------------------------------------------- */

void rd_disk_set_owner(struct rd_disk *disk, const char *owner)
{
	if (!owner)
		return;
	spin_lock(&disk->owner_lock);
	strscpy(disk->owner, owner, sizeof(disk->owner));
	spin_unlock(&disk->owner_lock);
}

static struct gendisk *rd_disk_alloc_gendisk(struct rd_disk *disk)
{
	struct queue_limits limits = {
		.logical_block_size = SECTOR_SIZE,
		.physical_block_size = PAGE_SIZE,
		.io_min = PAGE_SIZE,
		/*
		 * Any size is as good: bios are not cut unless max_sectors= asks for it.
		 */
		.max_hw_sectors = UINT_MAX,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.discard_granularity = PAGE_SIZE,
		/*
		 * What a bio can say, in whole pages: where it is cut, no page is cut
		 * with it.
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
	gd->major = rd_major;
	gd->first_minor = disk->number;
	gd->minors = 1;
	gd->fops = &rd_disk_ops;
	gd->private_data = disk;
	/*
	 * No partitions: a RAM disk of the size that is wanted takes one command, and who
	 * has a partition open would not be seen as one who has the disk open.
	 */
	gd->flags |= GENHD_FL_NO_PART;
	snprintf(gd->disk_name, sizeof(gd->disk_name), "rd%u", disk->number);
	return gd;
}

/* A disk that nobody can see yet. Return: 0 or -errno; rd_disk_free() undoes both. */
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
 * Free a disk that is not, or not any more, in the block layer. Half-built ones are fine.
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
 * Let the disk be seen. A device whose name could not be allocated has none, which the
 * driver core calls invalid (device_add()): all that is ours to be invalid was looked at.
 */
static int rd_disk_add(struct rd_disk *disk)
{
	int err = device_add_disk(NULL, disk->gd, rd_disk_groups);

	return err == -EINVAL ? -ENOMEM : err;
}

/*
 * rd_disk_create() - Make a disk and show it to the world.
 *
 * Each disk holds a reference of the module: `rmmod` answers that it is in use, instead
 * of taking disks with their content away. Nothing but that hangs on it: the code that
 * runs here is kept by whoever called us, a command by sysfs, which does not let go of
 * mgmt while a write to it runs. A module that is on its way out gives no reference.
 *
 * Context: may sleep; one caller at a time.
 * Return: the disk, or ERR_PTR(): -ENOMEM, -EINTR when killed while preallocating,
 * -ENODEV, or what add_disk() said. Nothing is left behind then.
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

/*
 * rd_disk_start_removal() - From here on nobody can open the disk.
 *
 * Return: 0, or -EBUSY if somebody has it open, which counts only without @even_if_open.
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

/*
 * rd_disk_finish_removal() - Take a disk out of the block layer and free all of it.
 *
 * There is no ->free_disk(): del_gendisk() waits for the last bio and the last reader of
 * an attribute, and without openers nobody is left who could come back, so that the
 * memory can be free when this returns. Only a module that fails to load can have openers
 * here (the one that had the time to look, udev): it waits for them.
 */
void rd_disk_finish_removal(struct rd_disk *disk, struct rd_progress *progress)
{
	del_gendisk(disk->gd);
	while (disk_openers(disk->gd))
		usleep_range(10 * USEC_PER_MSEC, 20 * USEC_PER_MSEC);
	rd_disk_free(disk, progress);
}

int rd_disk_init(unsigned int max_sectors_kib)
{
	rd_max_sectors_kib = max_sectors_kib;
	rd_major = register_blkdev(0, "rapiddisk");
	if (rd_major < 0)
		return rd_major;
	return 0;
}

void rd_disk_exit(void)
{
	unregister_blkdev(rd_major, "rapiddisk");
}
