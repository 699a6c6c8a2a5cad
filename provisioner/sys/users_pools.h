/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of mounted file systems with several devices. */
#pragma once

#include "sys/kfs.h"
#include "sys/users_entry.h"

/*
 * users_add_pools() - Append the members that no earlier entry names. Called after users_add_mounts().
 * Return: 0 or -errno.
 */
int users_add_pools(struct users *users, const struct kfs *kfs);
