/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe kernel modules. */
#include "kind/module/module.h"

/* A built-in module may have no directory there; nvmet has one in configfs. */
static bool is_loaded(const struct kfs *kfs, const char *name)
{
	return kfs_exists(kfs, "sys/module/%s", name) ||
	       (streq(name, "nvmet") && kfs_exists(kfs, "sys/kernel/config/nvmet"));
}

int module_observe(struct sys *sys, struct model *observed)
{
	for (const char *const *name = module_names; *name; name++) {
		int r = is_loaded(&sys->kfs, *name) ? module_add(observed, *name) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
