/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users of block devices that only files of their own show: bcache, zram, journals, and file
 * systems without a visible mount point.
 */
#pragma once

#include "sys/kfs.h"
#include "sys/users_entry.h"

/* users_add_hidden() - Add the entries. Return: 0 or -errno. */
int users_add_hidden(struct users *users, const struct kfs *kfs);
