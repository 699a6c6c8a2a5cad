/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes of a disk. */
#ifndef RAPIDDISK_ATTR_H
#define RAPIDDISK_ATTR_H

struct attribute_group;
struct rd_disk;

/* For device_add_disk(). */
extern const struct attribute_group *rd_disk_groups[];

void rd_disk_set_owner(struct rd_disk *disk, const char *owner);

#endif
