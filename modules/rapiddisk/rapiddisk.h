/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface for other modules of this project: borrow the memory of a RAM disk, page
 * by page. A disk that is lent stays a disk; data that is written to it takes other
 * pages.
 */
#ifndef RAPIDDISK_RAPIDDISK_H
#define RAPIDDISK_RAPIDDISK_H

#include <linux/types.h>

struct block_device;
struct rapiddisk_loan;

struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower);
void rapiddisk_return(struct rapiddisk_loan *loan);
int rapiddisk_loan_start(struct rapiddisk_loan *loan);

unsigned long rapiddisk_loan_nr_pages(const struct rapiddisk_loan *loan);
bool rapiddisk_loan_is_shrinkable(const struct rapiddisk_loan *loan);

void *rapiddisk_loan_alloc_page(struct rapiddisk_loan *loan, gfp_t gfp);
void rapiddisk_loan_free_page(struct rapiddisk_loan *loan, void *page);

#endif
