/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/module/module.h"

const struct kind kind_module = {
	.class = &module_class,
	.shared = true,
	.state = {
		.observe = module_observe,
	},
	.acts = {
		.create = module_create,
	},
};
