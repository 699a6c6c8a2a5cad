/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of hosts in the table of kinds. */
#include "kind/host/host.h"
#include "kind/nvmet/claims.h"

const struct kind kind_host = {
	.class = &host_class,
	.modules = (const char *const[]){ "nvmet", NULL },
	.network = true,
	.state = {
		.observe = host_observe,
		.resolve = host_resolve,
	},
	.acts = {
		.create = host_create,
		.update = host_update,
		.remove = host_remove,
		.adopt = nvmet_adopt,
	},
	.policy = {
		.judge = host_judge,
	},
};
