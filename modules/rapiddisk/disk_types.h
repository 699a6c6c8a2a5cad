/* SPDX-License-Identifier: GPL-2.0-only */
/* A RAM disk: a page store behind a gendisk. */
#ifndef RAPIDDISK_DISK_TYPES_H
#define RAPIDDISK_DISK_TYPES_H

#include <linux/blkdev.h>
#include <linux/kdev_t.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "loan_types.h"
#include "store.h"
#include "store_types.h"

#define RD_OWNER_MAX 63

/* The block layer has as many extended device numbers. */
#define RD_NUMBER_MAX MINORMASK

struct rd_disk {
	/* Constant. */
	struct gendisk *gd;
	unsigned int number;
	/*
	 * Constant: max_sectors= was given, so bios are split to the limits of the queue.
	 */
	bool is_split;
	/*
	 * Protected by gd->open_mutex: the disk is being removed, and cannot be opened.
	 */
	bool is_leaving;
	/* Has its own lock. */
	struct rd_store store;
	/* Serialises changes of the size, of the preallocation and of the loan. */
	struct mutex size_lock;
	struct rapiddisk_loan loan;
	/*
	 * End of the highest write since the disk was created or wiped. Raised by
	 * cmpxchg64().
	 */
	u64 highest_sector;
	atomic64_t nr_errors;
	/* Protects @owner: sysfs reads it while a command sets it. */
	spinlock_t owner_lock;
	char owner[RD_OWNER_MAX + 1];
};

/* Options of a command. A NULL @owner and a negative @is_kept change nothing. */
struct rd_disk_options {
	u64 size_bytes;
	int is_kept;
	int node;
	const char *owner;
};

/* Return: the size of the disk. */
static inline u64 rd_disk_size_bytes(const struct rd_disk *disk)
{
	return (u64)get_capacity(disk->gd) << SECTOR_SHIFT;
}

/* Return: the memory of the data and of the loan. */
static inline u64 rd_disk_used_bytes(const struct rd_disk *disk)
{
	u64 nr_lent = READ_ONCE(disk->loan.nr_used) + READ_ONCE(disk->loan.nr_idle);

	return rd_store_used_bytes(&disk->store) + (nr_lent << PAGE_SHIFT);
}

#endif
