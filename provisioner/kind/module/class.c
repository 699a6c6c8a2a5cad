/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules. Other objects need them; the configuration does not list them. */
#include "kind/module/module.h"

#include <errno.h>

const char *const module_names[] = {
	"rapiddisk",  "rapiddisk_cache", "nvmet", "nvmet_tcp",
	"nvmet_rdma", "nvme_loop",	 NULL,
};

static const struct field module_fields[] = {
	[MODULE_NAME] =
		FIELD(module, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .doc = "Name of the kernel module"),
};

const struct obj_class module_class = {
	.name = "module",
	.size = sizeof(struct module),
	.rank = RANK_MODULE,
	.fields = module_fields,
	.field_count = ARRAY_SIZE(module_fields),
};

static bool has(const struct model *model, const char *name)
{
	vec_foreach (obj, &model->objs) {
		if ((*obj)->class == &module_class && streq(obj_name(*obj), name))
			return true;
	}
	return false;
}

int module_add(struct model *model, const char *name)
{
	struct obj *obj;
	int r;

	if (has(model, name))
		return 0;
	obj = obj_new(&module_class);
	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, MODULE_NAME, name);
	if (r < 0) {
		obj_free(obj);
		return r;
	}
	return model_add(model, obj);
}
