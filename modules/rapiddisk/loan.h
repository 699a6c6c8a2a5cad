/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For other modules of this project: borrow the memory of a RAM disk, which pool.h hands
 * out page by page. A disk that is lent stays a disk; data that is written to it takes
 * other pages.
 */
#ifndef RAPIDDISK_LOAN_H
#define RAPIDDISK_LOAN_H

struct block_device;
struct rapiddisk_loan;

struct rapiddisk_loan *rapiddisk_borrow(struct block_device *bdev, const void *borrower);
void rapiddisk_return(struct rapiddisk_loan *loan);
int rapiddisk_loan_start(struct rapiddisk_loan *loan);

#endif
