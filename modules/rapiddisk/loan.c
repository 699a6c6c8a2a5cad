// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lend the memory of a disk to another module, as a pool of pages.
 *
 * A preallocated disk lends its own pages, and gets them back. Any other disk lends the
 * right to allocate as many pages as its size. Both count as used memory of the disk.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "discard.h"
#include "disk.h"
#include "disk_types.h"
#include "loan.h"
#include "promise.h"

/*
 * udev opens a new disk for some milliseconds. Borrowing repeats its check this often, at
 * this interval.
 */
#define RD_BORROW_TRIES	  60
#define RD_BORROW_WAIT_MS 50

static struct rd_disk *rd_loan_disk(struct rapiddisk_loan *loan)
{
	return container_of(loan, struct rd_disk, loan);
}

/*
 * Check whether @borrower may have the disk, whose content is lost then. The borrower's
 * exclusive claim already keeps file systems and swap out. Others can still have the disk
 * open: without a claim, such as an nvmet namespace; or under the same claim, such as
 * another device-mapper table. They would lose the content. The borrower itself is one
 * opener.
 *
 * Return: 0; -EBUSY if another borrower has the disk; -EAGAIN if others have it open.
 */
static int rd_loan_check(struct rd_disk *disk, const void *borrower)
{
	bool is_open;

	lockdep_assert_held(&disk->size_lock);
	if (disk->loan.nr_borrows)
		return disk->loan.borrower == borrower ? 0 : -EBUSY;
	mutex_lock(&disk->gd->open_mutex);
	is_open = disk_openers(disk->gd) > 1;
	mutex_unlock(&disk->gd->open_mutex);
	return is_open ? -EAGAIN : 0;
}

static int rd_loan_borrow(struct rd_disk *disk, const void *borrower)
{
	struct rapiddisk_loan *loan = &disk->loan;
	int err;

	mutex_lock(&disk->size_lock);
	err = rd_loan_check(disk, borrower);
	if (!err) {
		loan->borrower = borrower;
		loan->nr_borrows++;
		loan->nr_pages = rd_disk_size_bytes(disk) >> PAGE_SHIFT;
		loan->node = disk->store.node;
	}
	mutex_unlock(&disk->size_lock);
	return err;
}

/**
 * rapiddisk_borrow() - Reserve the memory of a RAM disk.
 * @bdev: the disk, which the caller holds open once until rapiddisk_return()
 * @borrower: identity of the caller; the same borrower may borrow a disk again and shares
 * the loan
 *
 * A disk that is lent keeps its size. Its content stays until rapiddisk_loan_start(). Dirty
 * pages of its page cache are written now. Later they would become data of the disk beside
 * the loan.
 *
 * Context: may sleep.
 * Return: the loan; ERR_PTR(-ENODEV) if @bdev is not a RAM disk of this module;
 * ERR_PTR(-EROFS) if it is read-only; ERR_PTR(-EBUSY) if another borrower has it, or if
 * others keep it open for some seconds.
 */
struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower)
{
	struct rd_disk *disk = rd_bdev_to_disk(bdev);
	unsigned int tries;
	int err;

	if (!disk)
		return ERR_PTR(-ENODEV);
	if (bdev_read_only(bdev))
		return ERR_PTR(-EROFS);
	err = sync_blockdev(bdev);
	if (err)
		return ERR_PTR(err);
	for (tries = 1;; tries++) {
		err = rd_loan_borrow(disk, borrower);
		if (err != -EAGAIN)
			break;
		if (tries == RD_BORROW_TRIES || fatal_signal_pending(current))
			return ERR_PTR(-EBUSY);
		schedule_timeout_killable(msecs_to_jiffies(RD_BORROW_WAIT_MS));
	}
	return err ? ERR_PTR(err) : &disk->loan;
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_borrow);

/*
 * Drop the content of the disk, or move its pages to the pool if they are preallocated.
 */
static int rd_loan_take_pages(struct rapiddisk_loan *loan)
{
	struct rd_disk *disk = rd_loan_disk(loan);
	unsigned long nr_pages;

	/* Unlike truncate_inode_pages(), this waits for nobody who may wait for us. */
	invalidate_mapping_pages(rd_bdev_mapping(disk->gd->part0), 0, -1);
	loan->is_kept = disk->store.is_kept;
	if (!loan->is_kept)
		return rd_store_discard(&disk->store, 0,
					round_up(rd_disk_size_bytes(disk), PAGE_SIZE));
	/*
	 * No page is allocated before the loan has started, so the list needs no lock
	 * yet.
	 */
	rd_store_lend(&disk->store, &loan->idle, &loan->chunks, &nr_pages);
	WRITE_ONCE(loan->nr_idle, nr_pages);
	return 0;
}

/**
 * rapiddisk_loan_start() - Drop the content of the disk, so that its pages can be used.
 * @loan: the loan
 *
 * Context: may sleep, but not for memory.
 * Return: 0 or -EIO.
 */
int rapiddisk_loan_start(struct rapiddisk_loan *loan)
{
	struct rd_disk *disk = rd_loan_disk(loan);
	int err = 0;

	mutex_lock(&disk->size_lock);
	if (!loan->is_started)
		err = rd_loan_take_pages(loan);
	if (!err)
		loan->is_started = true;
	mutex_unlock(&disk->size_lock);
	return err;
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_loan_start);

/**
 * rapiddisk_return() - Return a loan.
 * @loan: the loan; if it was borrowed more than once, the last return ends it
 *
 * Context: may sleep. All pages have been freed by rapiddisk_loan_free_page().
 */
void rapiddisk_return(struct rapiddisk_loan *loan)
{
	struct rd_disk *disk = rd_loan_disk(loan);

	mutex_lock(&disk->size_lock);
	if (!--loan->nr_borrows) {
		WARN_ON_ONCE(loan->nr_used);
		if (loan->is_started && loan->is_kept)
			rd_store_take_back(&disk->store, &loan->idle, loan->chunks);
		loan->chunks = NULL;
		WRITE_ONCE(loan->nr_idle, 0);
		loan->is_started = false;
		loan->borrower = NULL;
	}
	mutex_unlock(&disk->size_lock);
}
EXPORT_SYMBOL_RAPIDDISK(rapiddisk_return);
