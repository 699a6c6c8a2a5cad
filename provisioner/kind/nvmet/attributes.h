/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes and directories of nvmet in configfs. */
#pragma once

#include "base/buf.h"
#include "kind/nvmet/nvmet.h"
#include "sys/sys.h"

#include <stdbool.h>

/* nvmet_hint() - Return the remedy for an errno of configfs. */
const char *nvmet_hint(int error);

/*
 * nvmet_read() - An attribute that may be missing, with no blanks at its ends.
 * Return: 0 and *ret, the caller's to free, or NULL where this kernel has no such
 * attribute, nobody has set it, or kfs_missed(); -errno.
 */
int nvmet_read(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);

/*
 * nvmet_set() - Write the attribute @name of the object in the directory @dir. @shown:
 * the value for the message; NULL for a secret.
 */
int nvmet_set(struct sys *sys, struct buf *why, const char *dir, const char *name,
	      const char *value, const char *shown);
