/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What another module of this project may do with a RAM disk: borrow its memory, page by
 * page. The disk stays a disk: what is written to it meanwhile goes to other pages.
 */
#ifndef RAPIDDISK_RAPIDDISK_H
#define RAPIDDISK_RAPIDDISK_H

#include <linux/types.h>

struct block_device;
struct rapiddisk_loan;

/*
 * rapiddisk_borrow() - Reserve the memory of a RAM disk.
 * @bdev: held open by the caller, once, until rapiddisk_return()
 * @borrower: who asks. The same one may borrow a disk again; all it gets then is shared.
 *
 * While it is lent a disk keeps its size. Its content stays until rapiddisk_loan_start().
 *
 * Context: may sleep. Return: the loan, ERR_PTR(-ENODEV) where @bdev is none of our
 * disks, ERR_PTR(-EROFS) where it is read-only, ERR_PTR(-EBUSY) where another has
 * borrowed it, or has it open and keeps it so for some seconds.
 */
struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower);
void rapiddisk_return(struct rapiddisk_loan *loan);

/* The content of the disk goes. Context: may sleep, but not for memory. */
int rapiddisk_loan_start(struct rapiddisk_loan *loan);

/* How many pages there are, in use or not. */
unsigned long rapiddisk_loan_nr_pages(const struct rapiddisk_loan *loan);

/* A page with any content, or NULL. Context: any that @gfp allows. */
void *rapiddisk_loan_alloc_page(struct rapiddisk_loan *loan, gfp_t gfp);
void rapiddisk_loan_free_page(struct rapiddisk_loan *loan, void *page);

/* Does giving pages back to the disk give memory back to the kernel? */
bool rapiddisk_loan_is_shrinkable(const struct rapiddisk_loan *loan);

#endif
