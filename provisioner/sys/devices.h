/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices: find them by a path or a tag, and read their attributes in sysfs. */
#pragma once

#include "sys/kfs.h"
#include "sys/numbers.h"

#include <stdbool.h>
#include <stdint.h>

struct sys;

/*
 * devices_find() - Find all block devices that match @spec: a path below /dev, or a tag
 * (`UUID=`, `LABEL=`, `PARTUUID=`, `PARTLABEL=`), which is looked up in udev's database.
 *
 * If one match is stacked on another (a map over its disk), only the upper one counts.
 * Our own maps never count.
 * Return: 0 and a list, which is empty if no device matches; -ENOTBLK: the path leads to
 * another type of file; -EINVAL: @spec is invalid; -errno.
 */
int devices_find(const struct sys *sys, const char *spec, struct device_numbers *ret);

/*
 * devices_find_root() - Find the device of the root file system: in the initramfs by root=
 * on the kernel command line, otherwise by the mount of /. If that device is our own map,
 * find the device below it.
 * @ret_spec: the value of root=, or the path of the device; the caller's to free.
 * Return: as devices_find(); -EOPNOTSUPP: / is not on a block device.
 */
int devices_find_root(const struct sys *sys, struct device_numbers *ret, char **ret_spec);

/* devices_wait() - Wait until a block device appears or changes, @ms at most. */
void devices_wait(const struct sys *sys, uint64_t ms);

/*
 * devices_same_content() - True if udev has read the same UUID from both devices: that of a
 * file system, or else that of a partition table.
 */
bool devices_same_content(const struct sys *sys, uint64_t a, uint64_t b);

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
/* devices_path() - Return the path for messages, "/dev/mapper/data". As above. */
int devices_path(const struct kfs *kfs, uint64_t number, char **ret);
/* devices_bytes() - Return the capacity. As above. */
int devices_bytes(const struct kfs *kfs, uint64_t number, uint64_t *ret);
/*
 * devices_below() - Return the only device below the map @name ("dm-0"). The RAM disk of a
 * cache does not count. As above; -ENOENT also if several devices are below.
 */
int devices_below(const struct kfs *kfs, const char *name, uint64_t *ret);

/* The DM UUID of every map that we create begins with this. */
#define DEVICES_OUR_PREFIX "RAPIDDISK-"
