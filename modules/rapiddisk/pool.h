/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages of a loan. */
#ifndef RAPIDDISK_POOL_H
#define RAPIDDISK_POOL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct rd_chunk;

/* Memory of a disk that is lent as a pool of pages: see rapiddisk.h. */
struct rapiddisk_loan {
	/* Under rd_disk.size_lock: who has it, and how often. */
	const void *borrower;
	unsigned int nr_borrows;
	/* Under rd_disk.size_lock: the disk's content has made way. */
	bool is_started;
	/* Set when it starts: the pages are the disk's own, in @idle when not in use. */
	bool is_kept;
	/* Set when it is lent. Pages there may be in use. */
	unsigned long nr_pages;
	int node;
	/* The chunks that the pages came from. */
	struct rd_chunk *chunks;
	/* Guards the members below. Taken with interrupts off: bios end there. */
	spinlock_t lock;
	unsigned long nr_used;
	unsigned long nr_idle;
	struct list_head idle;
};

void rd_loan_init(struct rapiddisk_loan *loan);

#endif
