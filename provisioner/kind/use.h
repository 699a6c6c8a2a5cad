/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The use of a block device, as obj.holders and obj.in_use have it. */
#pragma once

#include "model/model.h"
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

struct sys;
struct topology;

/* kind_find_conflict() - As users_find_conflict(), also for the devices of ZFS and f2fs. */
int kind_find_conflict(struct sys *sys, const struct topology *topology,
		       const struct users_query *query, char **ret);

/*
 * The maps and exports that go before a new object is created: the unused ones that this run
 * removes, and the live map of the object itself.
 */
struct kind_leavers {
	const struct model *observed;
	const struct obj *self; /* the live object; NULL: none */
	bool passing;		/* set if a map that leaves is only in use for a moment */
	bool export_leaves;	/* set if an export goes first */
};

/* kind_is_leaving() - struct users_query.ignores; @data: struct kind_leavers. */
bool kind_is_leaving(void *data, const char *map, const char **ret_use);

/* kind_export_is_leaving() - struct users_query.ignores_export; @data: struct kind_leavers. */
bool kind_export_is_leaving(void *data, const char *nqn);
