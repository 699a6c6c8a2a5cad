/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices: by what names them, and what the kernel says of them. */
#pragma once

#include "sys/kfs.h"
#include "sys/numbers.h"

#include <stdint.h>

struct sys;

/*
 * devices_find() - All block devices that @spec can mean: a path below /dev, or `UUID=`,
 * `LABEL=`, `PARTUUID=` or `PARTLABEL=` and a value, by udev's database.
 *
 * Of devices that stand on one another with the same content (a map over its disk), only
 * the uppermost counts; maps of ours never do.
 * Return: 0 and a list, which may be empty: nothing is there so far; -ENOTBLK: a path
 * that is no block device; -EINVAL: @spec is none of these; -errno.
 */
int devices_find(const struct sys *sys, const char *spec, struct device_numbers *ret);

/*
 * devices_find_root() - The device that holds the root file system: in the initramfs the
 * one that root= on the kernel command line names, else the one that / is on. If that is
 * a map of ours, the device below it.
 * @ret_spec: what root= says, or the path of the device; the caller's to free.
 * Return: as devices_find(); -EOPNOTSUPP: / is on no block device.
 */
int devices_find_root(const struct sys *sys, struct device_numbers *ret, char **ret_spec);

/* devices_wait() - Until a block device appears or changes, @ms at most. */
void devices_wait(const struct sys *sys, uint64_t ms);

/* devices_number() - Of the kernel's name, "vda1". Return: 0, -ENOENT, -errno. */
int devices_number(const struct kfs *kfs, const char *name, uint64_t *ret);
/* devices_name() - The kernel's name: "vda1". Return: 0, -ENOENT, -errno. */
int devices_name(const struct kfs *kfs, uint64_t number, char **ret);
/* devices_path() - For people: "/dev/vda1", "/dev/mapper/data". Return: as before. */
int devices_path(const struct kfs *kfs, uint64_t number, char **ret);
/* devices_bytes() - Capacity. Return: as before. */
int devices_bytes(const struct kfs *kfs, uint64_t number, uint64_t *ret);
/*
 * devices_below() - The only device that the map @name ("dm-0") stands on; the RAM disk of a
 * cache, whose memory it uses, does not count. Return: as before, -ENOENT too where there
 * are several.
 */
int devices_below(const struct kfs *kfs, const char *name, uint64_t *ret);

/* DM UUIDs of ours begin with this. */
#define DEVICES_OUR_PREFIX "RAPIDDISK-"
