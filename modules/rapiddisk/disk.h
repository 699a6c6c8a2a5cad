/* SPDX-License-Identifier: GPL-2.0-only */
/* A RAM disk: a page store behind a gendisk. Which disks there are is ctl.c's matter. */
#ifndef RAPIDDISK_DISK_H
#define RAPIDDISK_DISK_H

#include <linux/blkdev.h>
#include <linux/kdev_t.h>
#include <linux/mutex.h>
#include <linux/sizes.h>

#include "pool.h"
#include "store.h"

#define RD_OWNER_MAX 63

/* A disk's number is its minor. */
#define RD_NUMBER_MAX MINORMASK

struct rd_disk {
	/* Set once. */
	struct gendisk *gd;
	unsigned int number;
	/*
	 * Set once: bios are cut to the queue's limits, because max_sectors= asks for it.
	 */
	bool is_split;
	/* Under gd->open_mutex: being removed, nobody may open it any more. */
	bool is_leaving;
	/* Locks of its own. */
	struct rd_store store;
	/* Held while the size, the promise to keep memory or a loan changes. */
	struct mutex size_lock;
	struct rapiddisk_loan loan;
	/* End of the highest write since the disk was made or wiped. Raised by cmpxchg. */
	u64 highest_sector;
	atomic64_t nr_errors;
	/* Guards @owner: sysfs reads it while a command sets it. */
	spinlock_t owner_lock;
	char owner[RD_OWNER_MAX + 1];
};

/* What a command may say about a disk; a NULL owner and a negative is_kept: nothing. */
struct rd_disk_options {
	u64 size_bytes;
	int is_kept;
	int node;
	const char *owner;
};

int rd_disk_init(unsigned int max_sectors_kib);
void rd_disk_exit(void);

struct rd_disk *rd_disk_create(unsigned int number, const struct rd_disk_options *options,
			       struct rd_progress *progress);
int rd_disk_start_removal(struct rd_disk *disk, bool even_if_open);
void rd_disk_finish_removal(struct rd_disk *disk, struct rd_progress *progress);

void rd_disk_set_owner(struct rd_disk *disk, const char *owner);
struct rd_disk *rd_bdev_to_disk(struct block_device *bdev);

/* In attr.c. */
extern const struct attribute_group *rd_disk_groups[];

/* In resize.c. */
int rd_disk_resize(struct rd_disk *disk, const struct rd_disk_options *options,
		   struct rd_progress *progress);

static inline u64 rd_disk_size_bytes(const struct rd_disk *disk)
{
	return (u64)get_capacity(disk->gd) << SECTOR_SHIFT;
}

/* Data, and what is lent. */
static inline u64 rd_disk_used_bytes(const struct rd_disk *disk)
{
	u64 nr_lent = READ_ONCE(disk->loan.nr_used) + READ_ONCE(disk->loan.nr_idle);

	return rd_store_used_bytes(&disk->store) + (nr_lent << PAGE_SHIFT);
}

#endif
