/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel modules: not written in the YAML, wanted because other objects need them. */
#include "base/cleanup.h"
#include "kind/kind.h"
#include "kind/say.h"

struct module {
	struct obj obj;
	char *name;
};

enum { MODULE_NAME };

static const struct field module_fields[] = {
	[MODULE_NAME] =
		FIELD(module, name, FIELD_STRING, .flags = FIELD_KEY | FIELD_REQUIRED,
		      .doc = "Name of the kernel module"),
};

static int add(struct model *model, const char *name)
{
	struct obj *obj = obj_new(&module_class);
	int r;

	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, MODULE_NAME, name);
	if (r < 0) {
		obj_free(obj);
		return r;
	}
	return model_add(model, obj);
}

static bool has(const struct model *model, const char *name)
{
	vec_foreach (obj, &model->objs) {
		if ((*obj)->class == &module_class && streq(obj_name(*obj), name))
			return true;
	}
	return false;
}

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

int module_want(struct model *desired, enum kind_stage stage)
{
	for (const struct kind *const *kind = kinds; *kind; kind++) {
		const char *const *name = (*kind)->modules;

		for (; name && *name; name++) {
			int r;

			if (has(desired, *name) || !is_needed(desired, stage, *name))
				continue;
			r = add(desired, *name);
			if (r < 0)
				return r;
		}
	}
	return model_sort(desired);
}

/* What is built into the kernel may have no folder there; nvmet has this one. */
static bool is_loaded(const struct kfs *kfs, const char *name)
{
	return kfs_exists(kfs, "sys/module/%s", name) ||
	       (streq(name, "nvmet") && kfs_exists(kfs, "sys/kernel/config/nvmet"));
}

/* Only those that a kind names: the others are none of our business. */
static int module_observe(struct sys *sys, struct model *observed)
{
	for (const struct kind *const *kind = kinds; *kind; kind++) {
		const char *const *name = (*kind)->modules;

		for (; name && *name; name++) {
			int r;

			if (has(observed, *name) || !is_loaded(&sys->kfs, *name))
				continue;
			r = add(observed, *name);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static const char *hint_for(int error)
{
	switch (error) {
	case -ENOENT:
		return "install it for this kernel ('make modules install', or its DKMS package)";
	case -EPERM:
		return "see /etc/modprobe.d, and the kernel's log for lockdown";
	case -EKEYREJECTED:
		return "sign it with a key that this kernel trusts";
	case -ENOEXEC:
		return "build it for this kernel";
	default:
		return "see the kernel's log";
	}
}

static int module_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	int r = sys->load_module ? sys->load_module(obj_name(want), &sys->fault)
				 : -EOPNOTSUPP;

	if (r < 0)
		return kind_fail(why, r, hint_for(r), "cannot load the kernel module");
	return 0;
}

const struct obj_class module_class = {
	.name = "module",
	.size = sizeof(struct module),
	.rank = RANK_MODULE,
	.fields = module_fields,
	.field_count = ARRAY_SIZE(module_fields),
};

const struct kind kind_module = {
	.class = &module_class,
	.shared = true,
	.observe = module_observe,
	.create = module_create,
};
