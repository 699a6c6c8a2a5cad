/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The use of a block device, as obj.holders and obj.in_use have it. */
#pragma once

#include "model/object.h"
#include "sys/kfs.h"
#include "sys/users.h"

#include <stdint.h>

/*
 * kind_set_use() - Set holders, in_use and passing of @obj, whose device @disk ("rd0",
 * "dm-3") is held open @openers times, which may be DM_OPENERS_UNKNOWN. Return: 0; -errno.
 */
int kind_set_use(const struct kfs *kfs, struct users *users, const char *disk,
		 uint64_t openers, struct obj *obj);
