/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuse modules of the same name that are not ours, and those that do not exist. */
#include "base/cleanup.h"
#include "kind/module/module.h"
#include "kind/say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OURS_MAJOR 10

static bool is_ours(const char *name)
{
	return streq(name, "rapiddisk") || streq(name, "rapiddisk_cache");
}

int module_foreign_version(const struct kfs *kfs, const char *name, char **ret)
{
	_cleanup_free_ char *version = NULL;
	int r;

	*ret = NULL;
	if (!is_ours(name))
		return 0;
	r = kfs_read(kfs, &version, "sys/module/%s/version", name);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (strtoul(version, NULL, 10) < OURS_MAJOR)
		*ret = TAKE_PTR(version);
	return 0;
}

/*
 * Without libkmod, or without memory, nobody knows whether the module exists: the step then
 * fails with its reason.
 */
static int refuse_missing(struct sys *sys, struct obj *want, const struct model *observed)
{
	const char *name = obj_name(want);

	if (!sys->find_module || model_find(observed, &module_class, name) ||
	    sys->find_module(name) != -ENOENT)
		return 0;
	return kind_set_unmet(want, "this kernel has no such module; %s",
			      module_hint(name, -ENOENT));
}

int module_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		   const struct model *desired, const struct model *observed)
{
	_cleanup_free_ char *version = NULL;
	int r = module_foreign_version(&sys->kfs, obj_name(want), &version);

	(void)boot, (void)desired;
	if (r < 0)
		return r;
	if (!version)
		return refuse_missing(sys, want, observed);
	return kind_set_unmet(want,
			      "the module of rapiddisk %s is loaded; remove the devices "
			      "of rapiddisk %s and run 'rmmod %s'",
			      version, version, obj_name(want));
}
