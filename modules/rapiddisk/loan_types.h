/* SPDX-License-Identifier: GPL-2.0-only */
/* The loan of a disk. */
#ifndef RAPIDDISK_LOAN_TYPES_H
#define RAPIDDISK_LOAN_TYPES_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct rd_chunk;

/* Memory of a disk that is lent as a pool of pages: see loan.c. */
struct rapiddisk_loan {
	/* Protected by rd_disk.size_lock: the borrower, and the number of its loans. */
	const void *borrower;
	unsigned int nr_borrows;
	/* Protected by rd_disk.size_lock: the content of the disk has been dropped. */
	bool is_started;
	/*
	 * Constant from the start: the pages are preallocated, and in @idle when not in
	 * use.
	 */
	bool is_kept;
	/* Constant while lent: the largest number of pages in use, and their node. */
	unsigned long nr_pages;
	int node;
	/* The empty chunks of the preallocated pages. */
	struct rd_chunk *chunks;
	/*
	 * Protects the members below. Bios end in interrupts, so the lock is taken with
	 * interrupts disabled.
	 */
	spinlock_t lock;
	/* Pages in use, and length of @idle. Read without the lock for statistics. */
	unsigned long nr_used;
	unsigned long nr_idle;
	struct list_head idle;
};

#endif
