/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The caches that leave their source in this run. */
#pragma once

#include "kind/use.h"

#include <stdbool.h>
#include <stdint.h>

struct sys;

/*
 * The maps that go, or that this run moves to another source, before an object over the source
 * is created.
 */
struct cache_leavers {
	struct kind_leavers leavers; /* the first member */
	struct sys *sys;
	const struct model *desired;
	uint64_t source; /* a map that moves has to leave this device; 0: any */
};

/* cache_is_leaving() - struct users_query.ignores; @data: struct cache_leavers. */
bool cache_is_leaving(void *data, const char *map, const char **ret_use);
