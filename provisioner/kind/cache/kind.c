/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of caches in the table of kinds. */
#include "kind/cache/cache.h"

const struct kind kind_cache = {
	.class = &cache_class,
	.modules = (const char *const[]){ "rapiddisk_cache", NULL },
	.state = {
		.observe = cache_observe,
		.resolve = cache_resolve,
	},
	.acts = {
		.create = cache_create,
		.update = cache_update,
		.remove = cache_remove,
		.adopt = cache_adopt,
		.release = cache_release,
		.fall_back = cache_fall_back,
		.settle = cache_settle,
	},
	.policy = {
		.judge = cache_judge,
		.in_place = cache_in_place,
		.uses = cache_uses,
		.keeps = cache_keeps,
		.contends = cache_contends,
		.follows = cache_follows,
		.memory = cache_memory,
	},
};
