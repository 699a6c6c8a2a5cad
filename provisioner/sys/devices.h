/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find block devices by a path or a tag. */
#pragma once

#include "sys/devices_sysfs.h"
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
 * devices_are_pending() - True while udevd processes events: a device that the kernel has may
 * lack its links and tags.
 */
bool devices_are_pending(const struct sys *sys);

/* The udev property that a tag names, and its value. */
struct devices_match {
	const char *property;
	char *value;   /* the caller's to free */
	bool any_case; /* devices_find() finds the value in lower and in upper case, too */
};

/*
 * devices_match() - Return the match for a tag (`UUID=`). Return: 0; -EINVAL: @spec is no tag;
 * -errno.
 */
int devices_match(const struct sys *sys, const char *spec, struct devices_match *ret);

/*
 * devices_same_content() - True if udev has read the same UUID from both devices: that of a
 * file system, or else that of a partition table.
 */
bool devices_same_content(const struct sys *sys, uint64_t a, uint64_t b);
