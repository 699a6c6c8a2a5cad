/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The devices of imported ZFS pools. ZFS claims its devices, and no file of the kernel names them.
 * udev has read the name of the pool from the device, and the kernel has a directory of each
 * imported pool.
 */
#pragma once

#include <stdbool.h>

struct sys;
struct topology;

/*
 * zfs_find_use() - Find the imported pool that has the device, its disk or a partition.
 *
 * A clone of such a device, or a disk that the pool gave up, has the name of the pool too.
 * A device with a holder in sysfs cannot be claimed by ZFS as well.
 * Return: 0 and *ret, the caller's to free, or NULL if no pool was found; -errno.
 */
int zfs_find_use(const struct sys *sys, const struct topology *topology, char **ret);
