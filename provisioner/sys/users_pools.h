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

/* users_pool_is_type() - True if file systems of @type list their members in sysfs. */
bool users_pool_is_type(const char *type);

/*
 * users_pool_may_have() - True if a mounted file system of @type, for which users_pool_is_type()
 * is true, can have the device as a member: without a list of the kernel, any device.
 */
bool users_pool_may_have(const struct kfs *kfs, const char *type, uint64_t number);
