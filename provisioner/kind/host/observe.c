/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe hosts. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/host/host.h"
#include "kind/nvmet/attributes.h"
#include "kind/nvmet/claims.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

#define _cleanup_wipe_ _cleanup_(wipe)

static int read_secret(const struct kfs *kfs, struct obj *obj, unsigned int index)
{
	_cleanup_wipe_ char *text = NULL;
	int r;

	/* Only a plan compares keys: no other caller gets one into its memory. */
	if (kfs->look != LOOK_TO_PLAN)
		return 0;
	r = nvmet_read(kfs, &text, NVMET_HOSTS "/%s/%s", obj_name(obj),
		       obj->class->fields[index].name);
	return r < 0 || !text ? r : field_set_string(obj, index, text);
}

static int read_word(const struct kfs *kfs, struct obj *obj, unsigned int index,
		     const char *const *names)
{
	_cleanup_free_ char *text = NULL;
	int r = nvmet_read(kfs, &text, NVMET_HOSTS "/%s/%s", obj_name(obj),
			   obj->class->fields[index].name);

	for (int i = 0; r == 0 && text && names[i]; i++)
		if (streq(text, names[i]))
			field_set_enum(obj, index, i);
	return r;
}

/* Count the subsystems that admit the host. */
static int count_uses(const struct kfs *kfs, struct obj *obj)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = kfs_list_sorted(kfs, &subsystems, NVMET_SUBSYSTEMS);

	if (r < 0)
		return r;
	vec_foreach (name, &subsystems.names)
		obj->holders += kfs_exists(kfs, NVMET_SUBSYSTEMS "/%s/allowed_hosts/%s",
					   *name, obj_name(obj));
	if (obj->holders > 0 &&
	    str_format(&obj->in_use, "admitted by %" PRIu64 " export%s", obj->holders,
		       obj->holders == 1 ? "" : "s") < 0)
		return -ENOMEM;
	return 0;
}

static int observe_one(const struct kfs *kfs, const struct claims *claims,
		       const char *name, struct model *observed)
{
	struct obj *obj = obj_new(&host_class);
	int r;

	if (!obj)
		return -ENOMEM;
	if ((r = field_set_string(obj, HOST_NQN, name)) < 0 ||
	    (r = read_secret(kfs, obj, HOST_KEY)) < 0 ||
	    (r = read_secret(kfs, obj, HOST_CTRL_KEY)) < 0 ||
	    (r = read_word(kfs, obj, HOST_HASH, host_hash_names)) < 0 ||
	    (r = read_word(kfs, obj, HOST_DHGROUP, host_group_names)) < 0 ||
	    (r = count_uses(kfs, obj)) < 0 ||
	    (r = nvmet_set_owner(kfs, claims, obj,
				 obj->holders == 0 && !field_is_set(obj, HOST_KEY))) <
		    0) {
		obj_free(obj);
		return kfs_missed(kfs, r);
	}
	return model_add(observed, obj);
}

int host_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_(claims_done) struct claims claims = { 0 };
	int r = kfs_list_sorted(&sys->kfs, &names, NVMET_HOSTS);

	if (r == 0 && names.names.count > 0)
		r = kfs_missed(&sys->kfs, claims_load(&sys->kfs, &claims));
	for (size_t i = 0; r == 0 && i < names.names.count; i++)
		r = observe_one(&sys->kfs, &claims, names.names.items[i], observed);
	return kfs_missed(&sys->kfs, r);
}
