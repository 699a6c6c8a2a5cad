/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of kinds by rank, and the classes of the configuration. */
#include "kind/kinds.h"

#include "kind/cache/cache.h"
#include "kind/export/export.h"
#include "kind/host/host.h"
#include "kind/module/module.h"
#include "kind/port/port.h"
#include "kind/ramdisk/ramdisk.h"
#include "model/status.h"

const struct kind *const kinds[] = {
	[RANK_MODULE] = &kind_module,
	[RANK_RAMDISK] = &kind_ramdisk,
	[RANK_CACHE] = &kind_cache,
	[RANK_HOST] = &kind_host,
	[RANK_PORT] = &kind_port,
	[RANK_EXPORT] = &kind_export,
	[RANK_END] = NULL,
};

/* The configuration takes the object of status_class out before a plan is made. */
const struct obj_class *const kind_classes[] = {
	&module_class, &ramdisk_class, &cache_class,  &host_class,
	&port_class,   &export_class,  &status_class, NULL,
};

bool kind_needs_module(const struct obj *want, const char *module)
{
	const struct kind *kind = kind_of(want->class);

	for (const char *const *name = kind->modules; name && *name; name++)
		if (streq(*name, module))
			return !kind->policy.needs_module ||
			       kind->policy.needs_module(want, module);
	return false;
}
