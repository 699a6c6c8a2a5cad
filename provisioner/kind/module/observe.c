/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe kernel modules. */
#include "base/cleanup.h"
#include "kind/module/module.h"

#include <errno.h>

/* A built-in module may have no directory there; nvmet has one in configfs. */
static bool is_loaded(const struct kfs *kfs, const char *name)
{
	return kfs_exists(kfs, "sys/module/%s", name) ||
	       (streq(name, "nvmet") && kfs_exists(kfs, "sys/kernel/config/nvmet"));
}

static int observe_one(const struct kfs *kfs, const char *name, struct model *observed)
{
	_cleanup_free_ char *foreign = NULL;
	int r = is_loaded(kfs, name) ? module_foreign_version(kfs, name, &foreign)
				     : -ENOENT;

	if (r < 0 || foreign)
		return r == -ENOMEM ? r : 0;
	return module_add(observed, name);
}

int module_observe(struct sys *sys, struct model *observed)
{
	for (const char *const *name = module_names; *name; name++) {
		int r = observe_one(&sys->kfs, *name, observed);

		if (r < 0)
			return r;
	}
	return 0;
}
