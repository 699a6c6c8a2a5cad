/* SPDX-License-Identifier: GPL-2.0-only */
/* Change the size of a disk, and whether its memory is preallocated. */
#ifndef RAPIDDISK_RESIZE_H
#define RAPIDDISK_RESIZE_H

struct rd_disk;
struct rd_disk_options;
struct rd_progress;

int rd_disk_resize(struct rd_disk *disk, const struct rd_disk_options *options,
		   struct rd_progress *progress);

#endif
