/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe kernel modules. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/module/module.h"
#include "sys/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* True if modules.builtin of the kernel lists the module: `kernel/drivers/a/nvme-loop.ko`. */
static bool is_listed(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *release = NULL, *list = NULL, *file = NULL;

	if (machine_release(kfs, &release) < 0 ||
	    kfs_read(kfs, &list, "lib/modules/%s/modules.builtin", release) < 0 ||
	    str_format(&file, "/%s.ko", name) < 0)
		return false;
	for (char *c = file; (c = strchr(c, '_'));)
		*c = '-';
	return strstr(list, file);
}

/*
 * A built-in module has a directory in sysfs only if it has parameters. nvmet has one in
 * configfs, and nvme_loop, the only other one without parameters, is built in only if nvmet is.
 */
static bool is_loaded(const struct kfs *kfs, const char *name)
{
	if (kfs_exists(kfs, "sys/module/%s", name))
		return true;
	if (!kfs_exists(kfs, "sys/kernel/config/nvmet"))
		return false;
	return streq(name, "nvmet") ||
	       (streq(name, "nvme_loop") &&
		!kfs_exists(kfs, "sys/module/nvmet/initstate") && is_listed(kfs, name));
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
