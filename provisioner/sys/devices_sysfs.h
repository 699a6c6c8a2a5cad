/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers, names, paths and attributes of block devices, as sysfs has them. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

/* devices_number() - Return the number of the device @name, "vda1". 0, -ENOENT, -errno. */
int devices_number(const struct kfs *kfs, const char *name, uint64_t *ret);
/*
 * devices_find_node() - Return the number of the block device at @path, "/dev/mapper/data".
 * A private /dev lacks the node: sysfs then finds it by its name.
 * Return: 0; -ENOENT; -ENOTBLK; -errno.
 */
int devices_find_node(const struct kfs *kfs, const char *path, uint64_t *ret);
/* devices_name() - Return the kernel's name, "vda1". 0, -ENOENT, -errno. */
int devices_name(const struct kfs *kfs, uint64_t number, char **ret);
/* devices_node() - Return the path of the kernel's own node, "/dev/dm-0". As above. */
int devices_node(const struct kfs *kfs, uint64_t number, char **ret);
/*
 * devices_diskseq() - Return the number of the disk in the order of appearance, which no
 * other disk ever gets (Linux 5.15); a partition has that of its disk. 0: unknown.
 */
uint64_t devices_diskseq(const struct kfs *kfs, const char *name);
/* devices_path() - Return the path for messages, "/dev/mapper/data". As above. */
int devices_path(const struct kfs *kfs, uint64_t number, char **ret);
/* devices_is_read_only() - True if the kernel refuses writes to the device. */
bool devices_is_read_only(const struct kfs *kfs, uint64_t number);
/* devices_bytes() - Return the capacity. As above. */
int devices_bytes(const struct kfs *kfs, uint64_t number, uint64_t *ret);
/*
 * devices_sequence() - Return the diskseq of the device, or of the disk of a partition. The
 * kernel gives each disk that appears, and each new medium, a number of its own. As above.
 */
int devices_sequence(const struct kfs *kfs, uint64_t number, uint64_t *ret);
/*
 * devices_below() - Return the only device below the map @name ("dm-0"). The RAM disk of a
 * cache does not count. As above; -ENOENT also if several devices are below.
 */
int devices_below(const struct kfs *kfs, const char *name, uint64_t *ret);

/* The DM UUID of every map that we create begins with this. */
#define DEVICES_OUR_PREFIX "RAPIDDISK-"
