/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The database and the events of systemd-udevd. udev.c is the only user of libudev. */
#pragma once

#include "sys/numbers.h"

#include <stdint.h>

struct sys;
struct udevdb;

struct udev_ops {
	/*
	 * Append the block devices whose udev property @property is @value, to the
	 * letter. Return: 0 or -errno.
	 */
	int (*find)(const struct sys *sys, const char *property, const char *value,
		    struct device_numbers *ret);
	/*
	 * Return the udev property @property of the block device @number. Return: 0 and
	 * *ret, the caller's to free; -ENOENT; -errno.
	 */
	int (*get)(const struct sys *sys, uint64_t number, const char *property,
		   char **ret);
	/*
	 * Write @text as udev writes properties whose name ends in _ENC: a character that
	 * is unsafe in a file name becomes `\x20`. Return: 0 and *ret, the caller's to
	 * free; -ENOMEM; -EINVAL if @text is too long for udev.
	 */
	int (*encode)(const char *text, char **ret);
	/*
	 * Wait until udevd has processed an event of a block device, @ms at most. The
	 * first call only starts to collect events and returns: look again after it.
	 */
	void (*wait)(const struct sys *sys, uint64_t ms);
};

/* The running udevd's, by sys->udevdb. */
extern const struct udev_ops udev_system;
/* The files in run/udev/data of a --sysroot; no events. */
extern const struct udev_ops udev_tree;

/* udevdb_open() - Return: 0 or -errno. */
int udevdb_open(struct udevdb **ret);
void udevdb_close(struct udevdb *udevdb);

/* udev_encode() - struct udev_ops.encode of both. */
int udev_encode(const char *text, char **ret);
