/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The block devices that are mounted, in any mount namespace, or used as swap. */
#pragma once

#include "sys/kfs.h"
#include "sys/users_entry.h"

/* users_add_mounts() - Append the mounted devices and the swap areas. Return: 0 or -errno. */
int users_add_mounts(struct users *users, const struct kfs *kfs);
