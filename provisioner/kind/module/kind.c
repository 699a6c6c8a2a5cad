/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The row of kernel modules in the table of kinds. */
#include "kind/module/module.h"

const struct kind kind_module = {
	.class = &module_class,
	.shared = true,
	.state = {
		.observe = module_observe,
		.resolve = module_resolve,
	},
	.acts = {
		.create = module_create,
	},
};
