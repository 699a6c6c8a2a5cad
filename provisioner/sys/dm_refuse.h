/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The changing half of a struct dm_ops that only observes. */
#pragma once

#include "sys/dm.h"

/* Fail with -EOPNOTSUPP. */
int dm_refuse_line(struct sys *sys, const char *name, const struct dm_line *line);
int dm_refuse_create(struct sys *sys, const char *name, const char *uuid,
		     const struct dm_line *line);
int dm_refuse_remove(struct sys *sys, const char *name);
int dm_refuse_uuid(struct sys *sys, const char *name, const char *uuid);
/* No change is ever outstanding. */
void dm_settle_nothing(struct sys *sys);
bool dm_is_always_settled(const struct sys *sys);

/* For the initializer of a struct dm_ops, after .list and .read. */
/* clang-format off */
#define DM_REFUSE_CHANGES                                                              \
	.create = dm_refuse_create, .reload = dm_refuse_line,                          \
	.remove = dm_refuse_remove, .set_uuid = dm_refuse_uuid,                        \
	.settle = dm_settle_nothing, .is_settled = dm_is_always_settled
/* clang-format on */
