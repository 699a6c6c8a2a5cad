/* SPDX-License-Identifier: GPL-2.0-only */
/* Create and remove RAM disks. ctl.c has the list of disks. */
#ifndef RAPIDDISK_DISK_H
#define RAPIDDISK_DISK_H

#include <linux/types.h>

struct block_device;
struct rd_disk;
struct rd_disk_options;
struct rd_progress;

void rd_disk_init(unsigned int max_sectors_kib);

struct rd_disk *rd_disk_create(unsigned int number, const struct rd_disk_options *options,
			       struct rd_progress *progress);
int rd_disk_start_removal(struct rd_disk *disk, bool even_if_open);
void rd_disk_finish_removal(struct rd_disk *disk, struct rd_progress *progress);

struct rd_disk *rd_bdev_to_disk(struct block_device *bdev);

#endif
