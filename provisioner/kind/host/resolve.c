/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resolve the desired hosts on this machine. */
#include "kind/host/host.h"
#include "kind/nvmet/claims.h"

/* Desire a key even if its file cannot be read: no live host has an empty key. */
static int want_keys(struct obj *want)
{
	int r = 0;

	if (field_is_set(want, HOST_KEY_FILE))
		r = field_set_string(want, HOST_KEY, "");
	if (r == 0 && field_is_set(want, HOST_CTRL_KEY_FILE))
		r = field_set_string(want, HOST_CTRL_KEY, "");
	return r;
}

/* A new host has the first word of each in the kernel. */
static void want_defaults(struct obj *want)
{
	if (!field_is_set(want, HOST_KEY))
		return;
	if (!field_is_set(want, HOST_HASH))
		field_set_enum(want, HOST_HASH, 0);
	if (!field_is_set(want, HOST_DHGROUP))
		field_set_enum(want, HOST_DHGROUP, 0);
}

/* Only a host that loses a key is created again, and unlinked for that. */
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
