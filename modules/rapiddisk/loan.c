// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of a disk as a pool of pages for another module: see rapiddisk.h.
 *
 * A disk that was preallocated lends the pages it has, and gets them back; any other
 * lends the right to allocate as many pages as it is large. Both count as the disk's
 * usage.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "disk.h"
#include "rapiddisk.h"

/*
 * Who looks at a new disk, as udev does, is gone again some ms later: how often to look for
 * that, and how long to wait between.
 */
#define RD_BORROW_TRIES	  60
#define RD_BORROW_WAIT_MS 50

static struct rd_disk *rd_loan_disk(struct rapiddisk_loan *loan)
{
	return container_of(loan, struct rd_disk, loan);
}

/*
 * May this borrower have the disk? Its content will go. To file systems and swap the
 * borrower's claim has said no, but whoever opens the disk without a claim of his own, as
 * an nvmet namespace, or shares the borrower's, as another device-mapper table, would lose
 * it under him. The borrower's own open is one.
 *
 * Return: 0, -EBUSY where another has borrowed it, -EAGAIN where others have it open.
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

struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower)
{
	struct rd_disk *disk = rd_bdev_to_disk(bdev);
	unsigned int tries;
	int err;

	if (!disk)
		return ERR_PTR(-ENODEV);
	if (bdev_read_only(bdev))
		return ERR_PTR(-EROFS);
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

static int rd_loan_take_pages(struct rapiddisk_loan *loan)
{
	struct rd_disk *disk = rd_loan_disk(loan);
	struct page *page;

	loan->is_kept = disk->store.is_kept;
	if (!loan->is_kept)
		return rd_store_discard(&disk->store, 0,
					round_up(rd_disk_size_bytes(disk), PAGE_SIZE));
	/* Nobody allocates before the loan has started, so the list needs no lock yet. */
	rd_store_lend(&disk->store, &loan->idle, &loan->chunks);
	list_for_each_entry(page, &loan->idle, lru)
		loan->nr_idle++;
	return 0;
}

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
