/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Add the kernel modules that desired objects need to the desired state. */
#include "engine/modules.h"

#include "kind/module/module.h"

static bool is_needed(const struct model *desired, enum kind_stage stage,
		      const char *module)
{
	vec_foreach (obj, &desired->objs) {
		if (kind_is_in_stage(kind_of((*obj)->class), stage) &&
		    kind_needs_module(*obj, module))
			return true;
	}
	return false;
}

int modules_want(struct model *desired, enum kind_stage stage)
{
	for (const char *const *name = module_names; *name; name++) {
		int r = is_needed(desired, stage, *name) ? module_add(desired, *name) : 0;

		if (r < 0)
			return r;
	}
	return model_sort(desired);
}
