/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of exports in the table of kinds. */
#include "kind/export/export.h"
#include "kind/nvmet/claims.h"

const struct kind kind_export = {
	.class = &export_class,
	.modules = (const char *const[]){ "nvmet", NULL },
	.network = true,
	.severs = true,
	.state = {
		.observe = export_observe,
		.prepare = export_prepare,
		.resolve = export_resolve,
		.tidy = nvmet_tidy_claims,
	},
	.acts = {
		.create = export_create,
		.update = export_update,
		.remove = export_remove,
		.adopt = nvmet_adopt,
		.open = export_open,
		.close = export_close,
	},
	.policy = {
		.judge = export_judge,
		.may_lose = export_may_lose,
		.uses = export_uses,
		.follows = export_follows,
		.holds = export_holds,
	},
};
