/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemd-udevd knows and tells. udev.c is the only user of libudev. */
#pragma once

#include "sys/devices.h"

#include <stdint.h>

struct udev_port;

/* udev_port_open() - Return: 0 or -errno. */
int udev_port_open(struct udev_port **ret);
void udev_port_close(struct udev_port *udev);

/*
 * udev_port_find() - Block devices whose udev property @property is @value, to the letter.
 * Return: 0 or -errno.
 */
int udev_port_find(struct udev_port *udev, const char *property, const char *value,
		   struct device_numbers *ret);

/*
 * udev_encode() - @text as udev writes it in properties whose name ends in _ENC: what
 * could do harm in a file name as `\x20`. Return: 0 and *ret, the caller's to free;
 * -ENOMEM; -EINVAL if it is too long for udev.
 */
int udev_encode(const char *text, char **ret);

/*
 * udev_port_wait() - Until udev has worked an event of a block device off, @ms at most. The
 * first call only begins to collect events, and returns: look once more after it.
 */
void udev_port_wait(struct udev_port *udev, uint64_t ms);
