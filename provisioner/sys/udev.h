/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-udevd knows and tells. udev.c is the only user of libudev. */
#pragma once

#include "sys/numbers.h"

#include <stdint.h>

struct udevdb;

/* udevdb_open() - Return: 0 or -errno. */
int udevdb_open(struct udevdb **ret);
void udevdb_close(struct udevdb *udev);

/*
 * udevdb_find() - Block devices whose udev property @property is @value, to the letter.
 * Return: 0 or -errno.
 */
int udevdb_find(struct udevdb *udev, const char *property, const char *value,
		struct device_numbers *ret);

/*
 * udev_encode() - @text as udev writes it in properties whose name ends in _ENC: what
 * could do harm in a file name as `\x20`. Return: 0 and *ret, the caller's to free;
 * -ENOMEM; -EINVAL if it is too long for udev.
 */
int udev_encode(const char *text, char **ret);

/*
 * udevdb_wait() - Until udev has worked an event of a block device off, @ms at most. The
 * first call only begins to collect events, and returns: look once more after it.
 */
void udevdb_wait(struct udevdb *udev, uint64_t ms);
