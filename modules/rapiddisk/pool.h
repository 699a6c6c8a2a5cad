/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of a loan. All but rd_loan_init() is for other modules, too. */
#ifndef RAPIDDISK_POOL_H
#define RAPIDDISK_POOL_H

#include <linux/types.h>

struct rapiddisk_loan;

void rd_loan_init(struct rapiddisk_loan *loan);

unsigned long rapiddisk_loan_nr_pages(const struct rapiddisk_loan *loan);
bool rapiddisk_loan_is_shrinkable(const struct rapiddisk_loan *loan);

void *rapiddisk_loan_alloc_page(struct rapiddisk_loan *loan, gfp_t gfp);
void rapiddisk_loan_free_page(struct rapiddisk_loan *loan, void *page);

#endif
