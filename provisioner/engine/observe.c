/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe the kinds that the network programs show, without privilege. */
#include "engine/observe.h"

#include "kind/shown.h"
#include "sys/dm.h"

int observe_shown(struct sys *sys, struct model *ret)
{
	struct model observed = { 0 };
	int r = 0;

	users_done(&sys->users);
	for (const struct shown_kind *kind = shown_kinds; r == 0 && kind->class; kind++)
		r = kind->observe(sys, &observed);
	if (r == 0)
		r = model_sort(&observed);
	users_done(&sys->users);
	if (r < 0)
		model_done(&observed);
	else
		*ret = observed;
	return r;
}

void observe_unprivileged(struct sys *sys, enum kfs_look look)
{
	sys->dm = &dm_sysfs;
	sys->kfs.look = look;
}
