/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules by which udev starts a run for a device that appears late. */
#pragma once

#include "sys/kfs.h"

/* The last of all rules: others may add links, and say that a device is not ready. */
#define UDEV_RULES_LATE "run/udev/rules.d/99-zz-rapiddisk-late.rules"

/*
 * udev_rules_write() - Replace the rules by @text, or remove them if @text is NULL. Nothing is
 * written if the rules are the same, or if no udevd runs.
 * Return: 1: the rules have changed; 0; -errno.
 */
int udev_rules_write(const struct kfs *kfs, const char *text);

/*
 * udev_rules_reload() - Make the running udevd read changed rules now. By itself it looks for
 * them every 3 seconds at most, and processes the events until then by the old rules.
 * Return: 0 or -errno.
 */
int udev_rules_reload(void);
