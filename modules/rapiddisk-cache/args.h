/* SPDX-License-Identifier: GPL-2.0-only */
/* The table line. */
#ifndef RAPIDDISK_CACHE_ARGS_H
#define RAPIDDISK_CACHE_ARGS_H

#include <linux/types.h>

struct dm_arg_set;
struct rc_cache;

int rc_args_parse_size(const struct rc_cache *cache, const char *arg, u32 *ret_blocks);
int rc_args_parse(struct rc_cache *cache, struct dm_arg_set *args);
unsigned int rc_args_emit(struct rc_cache *cache, char *result, unsigned int maxlen);

#endif
