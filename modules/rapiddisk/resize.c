// SPDX-License-Identifier: GPL-2.0-only
/* Change the size of a disk, and whether its memory is preallocated. */
#include <linux/blkdev.h>
#include <linux/sched/mm.h>

#include "attr.h"
#include "disk_types.h"
#include "progress.h"
#include "promise.h"
#include "resize.h"

/*
 * Shrink a disk. Nobody may have the disk open, or can open it meanwhile. A read-only
 * disk keeps its content, so it does not shrink.
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

/*
 * Grow a disk: first the store, then memory if preallocated, then the visible capacity.
 */
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
 * Resize a disk that is lent. It can grow; the borrower gets the new size when it borrows
 * the disk again. A preallocated disk cannot: its pages are counted and lent, and the
 * store must not get other pages in their place.
 */
static int rd_disk_resize_lent(struct rd_disk *disk, u64 size_bytes, bool is_kept,
			       struct rd_progress *progress)
{
	u64 old_bytes = rd_disk_size_bytes(disk);

	if (is_kept != disk->store.is_kept)
		return -EBUSY;
	if (size_bytes == old_bytes)
		return 0;
	if (size_bytes < old_bytes || is_kept)
		return -EBUSY;
	return rd_disk_grow(disk, size_bytes, false, progress);
}

/* Change the size and the preallocation. Context: rd_disk.size_lock. */
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

/**
 * rd_disk_resize() - Change the size and the options of a disk.
 * @disk: the disk
 * @options: the size; options that are not given keep their value
 * @progress: progress for readers of sysfs
 *
 * A disk that is lent keeps its preallocation, and can only grow.
 *
 * A borrower whose table is loaded or resumed waits for size_lock, in rapiddisk_borrow()
 * and rapiddisk_loan_start(), and writes to a suspended borrower wait for the resume. No
 * allocation under size_lock may wait for these writes, so none starts I/O.
 *
 * Context: may sleep; one caller at a time.
 * Return: 0, -EBUSY, -EROFS, -ENOMEM or -EINTR. The disk is unchanged after an error,
 * except that a shrink is not undone if a preallocation that was requested with it fails.
 */
int rd_disk_resize(struct rd_disk *disk, const struct rd_disk_options *options,
		   struct rd_progress *progress)
{
	bool is_kept = options->is_kept < 0 ? disk->store.is_kept : options->is_kept;
	unsigned int noio;
	int err;

	noio = memalloc_noio_save();
	mutex_lock(&disk->size_lock);
	err = rd_disk_resize_locked(disk, options->size_bytes, is_kept, progress);
	mutex_unlock(&disk->size_lock);
	memalloc_noio_restore(noio);
	if (!err)
		rd_disk_set_owner(disk, options->owner);
	return err;
}
