/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hosts: what is wanted, on this machine. */
#include "kind/host/host.h"
#include "kind/nvmet/claims.h"

/* A key that no live host has: one whose file cannot be read is wanted all the same. */
static int want_keys(struct obj *want)
{
	int r = 0;

	if (field_is_set(want, HOST_KEY_FILE))
		r = field_set_string(want, HOST_KEY, "");
	if (r == 0 && field_is_set(want, HOST_CTRL_KEY_FILE))
		r = field_set_string(want, HOST_CTRL_KEY, "");
	return r;
}

/* What the kernel has for a new host: the first of the words. */
static void want_defaults(struct obj *want)
{
	if (!field_is_set(want, HOST_KEY))
		return;
	if (!field_is_set(want, HOST_HASH))
		field_set_enum(want, HOST_HASH, 0);
	if (!field_is_set(want, HOST_DHGROUP))
		field_set_enum(want, HOST_DHGROUP, 0);
}

/* Only who loses a key is made anew, and taken off the lists for that. */
static const char *find_foreign(const struct obj *want, const struct model *observed)
{
	const struct obj *have = model_find(observed, want->class, obj_name(want));

	return have && field_is_set(have, HOST_KEY) &&
			       !(field_is_set(want, HOST_KEY) &&
				 field_is_set(want, HOST_CTRL_KEY))
		       ? nvmet_find_foreign(have, observed)
		       : NULL;
}

int host_resolve(struct sys *sys, struct boot *boot, struct obj *want,
		 const struct model *desired, const struct model *observed)
{
	int r = want_keys(want);

	(void)boot;
	(void)desired;
	want_defaults(want);
	((struct host *)want)->foreign = find_foreign(want, observed);
	return r < 0 ? r : host_read_keys(&sys->kfs, want);
}
