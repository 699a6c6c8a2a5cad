/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules: the loaded ones. */
#include "kind/module/module.h"

/* What is built into the kernel may have no folder there; nvmet has this one. */
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
