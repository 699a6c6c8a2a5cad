/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The block device: bios in, calls of the page store out, each completed before
 * submit_bio() returns. There is no queue, no request and no lock on that path.
 */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/part_stat.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "disk.h"

/*
 * Writes make pages without going back into filesystems and block devices, and fail when
 * there are none: without RETRY_MAYFAIL the allocator would try for ever. The emergency
 * reserves are for those who free memory: not for us.
 */
#define RD_GFP_WRITE  (GFP_NOIO | __GFP_RETRY_MAYFAIL | __GFP_NOWARN | __GFP_NOMEMALLOC)
#define RD_GFP_NOWAIT (GFP_NOWAIT | __GFP_NOWARN | __GFP_NOMEMALLOC)

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

/* --- the data path ---------------------------------------------------------------- */

/* Context: any. The highest of several writes at once wins. */
static void rd_disk_note_write(struct rd_disk *disk, u64 end_sector)
{
	u64 highest = READ_ONCE(disk->highest_sector);

	while (unlikely(end_sector > highest)) {
		u64 seen = cmpxchg64(&disk->highest_sector, highest, end_sector);

		if (seen == highest)
			break;
		highest = seen;
	}
}

/* Where caches do not see what the CPU wrote under another address, tell them. */
static void rd_flush_dcache(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	if (!ARCH_IMPLEMENTS_FLUSH_DCACHE_PAGE)
		return;
	bio_for_each_segment (bv, bio, iter)
		flush_dcache_page(bv.bv_page);
}

/* Context: the bio has data; one without may have no bio_vec to look at. */
static inline void rd_vec_init_bio(struct rd_vec *vec, const struct bio *bio)
{
	const struct bvec_iter *iter = &bio->bi_iter;

	rd_vec_init(vec, bio->bi_io_vec + iter->bi_idx, iter->bi_bvec_done,
		    iter->bi_size);
}

static inline u64 rd_bio_pos(const struct bio *bio)
{
	return (u64)bio->bi_iter.bi_sector << SECTOR_SHIFT;
}

/*
 * The page that a bio copies to or from, if it is for one whole page of the disk and has
 * one whole page of memory; else NULL. Most are of that kind, and they take a short way.
 */
static inline void *rd_bio_page(const struct bio *bio)
{
	const struct bvec_iter *iter = &bio->bi_iter;
	const struct bio_vec *bv;
	unsigned int offset;

	if (iter->bi_size != PAGE_SIZE || iter->bi_sector & (PAGE_SECTORS - 1))
		return NULL;
	bv = bio->bi_io_vec + iter->bi_idx;
	offset = bv->bv_offset + iter->bi_bvec_done;
	if (offset_in_page(offset) || bv->bv_len - iter->bi_bvec_done < PAGE_SIZE)
		return NULL;
	return page_address(bv->bv_page) + offset;
}

static noinline int rd_bio_read(struct rd_disk *disk, struct bio *bio)
{
	struct rd_vec vec;

	if (!bio->bi_iter.bi_size)
		return 0;
	rd_vec_init_bio(&vec, bio);
	return rd_store_read(&disk->store, rd_bio_pos(bio), &vec);
}

static noinline int rd_bio_write(struct rd_disk *disk, struct bio *bio)
{
	gfp_t gfp = bio->bi_opf & REQ_NOWAIT ? RD_GFP_NOWAIT : RD_GFP_WRITE;
	struct rd_vec vec;
	int err;

	if (!bio->bi_iter.bi_size)
		return 0;
	rd_vec_init_bio(&vec, bio);
	err = rd_store_write(&disk->store, rd_bio_pos(bio), &vec, gfp);
	return err == -ENOMEM && bio->bi_opf & REQ_NOWAIT ? -EAGAIN : err;
}

/* DISCARD and WRITE_ZEROES; the latter keeps the pages if it is asked to. */
static int rd_bio_clear(struct rd_disk *disk, struct bio *bio)
{
	u64 pos = rd_bio_pos(bio), len = bio->bi_iter.bi_size;

	/* Both may take long; who must not wait comes again from where it can. */
	if (bio->bi_opf & REQ_NOWAIT)
		return -EAGAIN;
	if (bio->bi_opf & REQ_NOUNMAP && bio_op(bio) == REQ_OP_WRITE_ZEROES)
		return rd_store_zero(&disk->store, pos, len);
	/* Behind the end of the disk there is nothing: its last page goes as a whole. */
	if (bio_end_sector(bio) == get_capacity(disk->gd))
		len = round_up(pos + len, PAGE_SIZE) - pos;
	return rd_store_discard(&disk->store, pos, len);
}

static noinline int rd_bio_run_other(struct rd_disk *disk, struct bio *bio)
{
	switch (bio_op(bio)) {
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		return rd_bio_clear(disk, bio);
	default:
		return -EOPNOTSUPP;
	}
}

static inline int rd_bio_run_read(struct rd_disk *disk, struct bio *bio)
{
	void *page = rd_bio_page(bio);
	int err;

	if (page)
		err = rd_store_read_page(&disk->store, rd_bio_pos(bio) >> PAGE_SHIFT,
					 page);
	else
		err = rd_bio_read(disk, bio);
	rd_flush_dcache(bio);
	return err;
}

static inline int rd_bio_run_write(struct rd_disk *disk, struct bio *bio)
{
	void *page = rd_bio_page(bio);

	rd_flush_dcache(bio);
	rd_disk_note_write(disk, bio_end_sector(bio));
	if (page &&
	    !rd_store_write_page(&disk->store, rd_bio_pos(bio) >> PAGE_SHIFT, page))
		return 0;
	return rd_bio_write(disk, bio);
}

static inline int rd_bio_run(struct rd_disk *disk, struct bio *bio)
{
	if (bio_op(bio) == REQ_OP_READ)
		return rd_bio_run_read(disk, bio);
	/*
	 * The block layer lets writes to a read-only disk pass (bio_check_ro() only
	 * warns), and an fd, a filesystem or a mapping from before BLKROSET can send
	 * them.
	 */
	if (op_is_write(bio_op(bio)) && unlikely(bdev_read_only(bio->bi_bdev)))
		return -EROFS;
	if (bio_op(bio) == REQ_OP_WRITE)
		return rd_bio_run_write(disk, bio);
	return rd_bio_run_other(disk, bio);
}

static noinline void rd_bio_fail(struct rd_disk *disk, struct bio *bio, int err)
{
	if (err == -EAGAIN) {
		bio_set_flag(bio, BIO_QUIET);
		bio->bi_status = BLK_STS_AGAIN;
		return;
	}
	if (err == -EOPNOTSUPP) {
		bio->bi_status = BLK_STS_NOTSUPP;
		return;
	}
	atomic64_inc(&disk->nr_errors);
	/* Out of memory is, for who writes to this disk, a disk with no space left. */
	bio->bi_status = err == -ENOMEM ? BLK_STS_NOSPC : BLK_STS_IOERR;
	if (err == -ENOMEM)
		pr_warn_ratelimited("rapiddisk: %s: no memory for a write\n",
				    disk->gd->disk_name);
}

/*
 * Count a request for iostat and /proc/diskstats. bio_start_io_acct() and
 * bio_end_io_acct() would add 150 instructions to the 770 that this driver takes for a
 * 4 KiB read, copy included, to sample times in ticks of milliseconds that hardly a request
 * here takes. So this counts requests and sectors, and leaves times at 0.
 */
static inline void rd_bio_account(const struct bio *bio)
{
	const int group = op_stat_group(bio_op(bio));
	struct block_device *bdev = bio->bi_bdev;

	part_stat_lock();
	part_stat_inc(bdev, ios[group]);
	part_stat_add(bdev, sectors[group], bio_sectors(bio));
	part_stat_unlock();
}

static void rd_disk_submit_bio(struct bio *bio)
{
	struct rd_disk *disk = bio->bi_bdev->bd_disk->private_data;
	int err;

	if (unlikely(disk->is_split)) {
		bio = bio_split_to_limits(bio);
		if (!bio)
			return;
	}
	if (blk_queue_io_stat(disk->gd->queue))
		rd_bio_account(bio);
	err = rd_bio_run(disk, bio);
	if (unlikely(err))
		rd_bio_fail(disk, bio, err);
	bio_endio(bio);
}

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

/* Data, and what is lent. */
u64 rd_disk_used_bytes(const struct rd_disk *disk)
{
	u64 nr_lent = READ_ONCE(disk->loan.nr_used) + READ_ONCE(disk->loan.nr_idle);

	return rd_store_used_bytes(&disk->store) + (nr_lent << PAGE_SHIFT);
}

/* --- attributes, in /sys/block/rdN/rapiddisk/ ------------------------------------------- */

static struct rd_disk *rd_dev_to_disk(struct device *dev)
{
	return dev_to_disk(dev)->private_data;
}

static ssize_t owner_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct rd_disk *disk = rd_dev_to_disk(dev);
	ssize_t len;

	spin_lock(&disk->owner_lock);
	len = sysfs_emit(buf, "%s\n", disk->owner);
	spin_unlock(&disk->owner_lock);
	return len;
}
static DEVICE_ATTR_RO(owner);

static ssize_t preallocate_show(struct device *dev, struct device_attribute *attr,
				char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(rd_dev_to_disk(dev)->store.is_kept));
}
static DEVICE_ATTR_RO(preallocate);

static ssize_t numa_node_show(struct device *dev, struct device_attribute *attr,
			      char *buf)
{
	return sysfs_emit(buf, "%d\n", rd_dev_to_disk(dev)->store.node);
}
static DEVICE_ATTR_RO(numa_node);

static ssize_t used_bytes_show(struct device *dev, struct device_attribute *attr,
			       char *buf)
{
	return sysfs_emit(buf, "%llu\n", rd_disk_used_bytes(rd_dev_to_disk(dev)));
}
static DEVICE_ATTR_RO(used_bytes);

static ssize_t openers_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", disk_openers(dev_to_disk(dev)));
}
static DEVICE_ATTR_RO(openers);

static struct attribute *rd_disk_attrs[] = {
	&dev_attr_owner.attr,	   &dev_attr_preallocate.attr, &dev_attr_numa_node.attr,
	&dev_attr_used_bytes.attr, &dev_attr_openers.attr,     NULL,
};

static const struct attribute_group rd_disk_group = {
	.name = "rapiddisk",
	.attrs = rd_disk_attrs,
};

static const struct attribute_group *rd_disk_groups[] = {
	&rd_disk_group,
	NULL,
};

/* --- life ------------------------------------------------------------------------- */

static void rd_disk_set_owner(struct rd_disk *disk, const char *owner)
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
		msleep(10);
	rd_disk_free(disk, progress);
}

/*
 * Less room: only when nobody has the disk open, and while nobody can open it. A
 * read-only disk keeps its content, so it does not shrink.
 */
static int rd_disk_shrink(struct rd_disk *disk, u64 size_bytes,
			  struct rd_progress *progress)
{
	u64 end_sector = size_bytes >> SECTOR_SHIFT;
	int err = 0;

	mutex_lock(&disk->gd->open_mutex);
	if (disk_openers(disk->gd)) {
		err = -EBUSY;
	} else if (get_disk_ro(disk->gd)) {
		err = -EROFS;
	} else {
		WRITE_ONCE(progress->total, rd_disk_size_bytes(disk) - size_bytes);
		set_capacity_and_notify(disk->gd, end_sector);
		rd_store_shrink(&disk->store, size_bytes, progress);
		WRITE_ONCE(disk->highest_sector, min(disk->highest_sector, end_sector));
	}
	mutex_unlock(&disk->gd->open_mutex);
	return err;
}

/* Room, then memory for it if that is promised, then the capacity that shows it. */
static int rd_disk_grow(struct rd_disk *disk, u64 size_bytes, bool is_kept,
			struct rd_progress *progress)
{
	u64 old_bytes = rd_disk_size_bytes(disk);
	int err;

	err = rd_store_grow(&disk->store, size_bytes);
	if (!err && is_kept) {
		err = rd_store_keep(&disk->store, progress);
		if (err)
			rd_store_shrink(&disk->store, old_bytes, NULL);
	}
	if (!err && size_bytes > old_bytes)
		set_capacity_and_notify(disk->gd, size_bytes >> SECTOR_SHIFT);
	return err;
}

/*
 * A disk that is lent can grow: who borrows it again gets the new size. The pages of one
 * that was preallocated are counted and lent, so that one stays as it is: the store must
 * not get others in their place.
 */
static int rd_disk_resize_lent(struct rd_disk *disk, u64 size_bytes, bool is_kept,
			       struct rd_progress *progress)
{
	u64 old_bytes = rd_disk_size_bytes(disk);
	unsigned int noio;
	int err;

	if (is_kept != disk->store.is_kept)
		return -EBUSY;
	if (size_bytes == old_bytes)
		return 0;
	if (size_bytes < old_bytes || is_kept)
		return -EBUSY;
	/*
	 * A borrower that is resumed waits for size_lock, in rapiddisk_loan_start(), and
	 * the writes to it for the borrower: memory must not wait for these.
	 */
	noio = memalloc_noio_save();
	err = rd_disk_grow(disk, size_bytes, false, progress);
	memalloc_noio_restore(noio);
	return err;
}

/* The size and the promise of memory; the caller holds size_lock. */
static int rd_disk_resize_locked(struct rd_disk *disk, u64 size_bytes, bool is_kept,
				 struct rd_progress *progress)
{
	int err = 0;

	lockdep_assert_held(&disk->size_lock);
	if (disk->loan.nr_borrows)
		return rd_disk_resize_lent(disk, size_bytes, is_kept, progress);
	if (size_bytes < rd_disk_size_bytes(disk))
		err = rd_disk_shrink(disk, size_bytes, progress);
	if (!err)
		err = rd_disk_grow(disk, size_bytes, is_kept, progress);
	if (!err && !is_kept)
		rd_store_unkeep(&disk->store);
	return err;
}

/*
 * rd_disk_resize() - Give a disk a new size and the options that are given.
 *
 * A disk that was preallocated stays so unless told otherwise. One that is lent keeps its
 * promise, and can only grow.
 *
 * Context: may sleep; one caller at a time.
 * Return: 0, -EBUSY, -EROFS, -ENOMEM or -EINTR, with the disk as it was; only a shrink is
 * not taken back when the preallocation asked for with it fails.
 */
int rd_disk_resize(struct rd_disk *disk, const struct rd_disk_options *options,
		   struct rd_progress *progress)
{
	bool is_kept = options->is_kept < 0 ? disk->store.is_kept : options->is_kept;
	int err;

	mutex_lock(&disk->size_lock);
	err = rd_disk_resize_locked(disk, options->size_bytes, is_kept, progress);
	mutex_unlock(&disk->size_lock);
	if (!err)
		rd_disk_set_owner(disk, options->owner);
	return err;
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
