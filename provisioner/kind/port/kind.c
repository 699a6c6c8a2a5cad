/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of ports in the table of kinds. */
#include "kind/nvmet/claims.h"
#include "kind/port/port.h"

const struct kind kind_port = {
	.class = &port_class,
	.modules = (const char *const[]){ "nvmet", "nvmet_tcp", "nvmet_rdma", "nvme_loop",
					  NULL },
	.network = true,
	.severs = true,
	.state = {
		.observe = port_observe,
		.resolve = port_resolve,
	},
	.acts = {
		.create = port_create,
		.update = port_update,
		.remove = port_remove,
		.adopt = nvmet_adopt,
	},
	.policy = {
		.judge = port_judge,
		.may_lose = port_may_lose,
		.needs_module = port_needs_module,
	},
};
