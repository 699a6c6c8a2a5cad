/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call the observe, resolve, prepare and tidy hooks of all kinds, by rank. */
#include "engine/state.h"

#include "base/cleanup.h"

int state_observe(struct sys *sys, unsigned int rank, struct model *observed,
		  const struct kind **ret_kind)
{
	int r = 0;

	users_done(&sys->users);
	for (const struct kind *const *kind = kinds; r == 0 && *kind; kind++) {
		if ((*kind)->class->rank < rank)
			continue;
		*ret_kind = *kind;
		r = (*kind)->state.observe(sys, observed);
	}
	if (r < 0)
		users_done(&sys->users);
	return r < 0 ? r : model_sort(observed);
}

static int resolve_kind(struct sys *sys, struct boot *boot, const struct kind *kind,
			struct model *desired, const struct model *observed,
			const struct obj **ret_obj)
{
	vec_foreach (want, &desired->objs) {
		int r;

		if ((*want)->class != kind->class)
			continue;
		*ret_obj = *want;
		free((*want)->unmet);
		(*want)->unmet = NULL;
		(*want)->patience_ms = 0;
		(*want)->deferred = false;
		(*want)->passing = false;
		(*want)->falls_back = false;
		r = kind->state.resolve(sys, boot, *want, desired, observed);
		if (r < 0)
			return r;
	}
	return 0;
}

int state_resolve(struct sys *sys, struct boot *boot, struct model *desired,
		  const struct model *observed, enum kind_stage stage,
		  const struct obj **ret_obj)
{
	int r = 0;

	for (const struct kind *const *kind = kinds; r == 0 && *kind; kind++) {
		/* Other objects use even the objects of another stage, so resolve those too. */
		if (!(*kind)->state.resolve ||
		    ((*kind)->network && !kind_is_in_stage(*kind, stage)))
			continue;
		r = resolve_kind(sys, boot, *kind, desired, observed, ret_obj);
	}
	users_done(&sys->users);
	return r;
}

static int prepare(struct sys *sys, struct obj *want, struct buf *why)
{
	const struct kind *kind = kind_of(want->class);
	_cleanup_(buf_done) struct buf text = { 0 };
	int r = kind->state.prepare ? kind->state.prepare(sys, want, &text) : 0;

	if (r < 0)
		buf_addf(why, "%s '%s': %s", want->class->name, obj_name(want),
			 text.len > 0 ? text.data : strerror(-r));
	return r;
}

int state_prepare(struct sys *sys, struct model *desired, struct buf *why)
{
	vec_foreach (want, &desired->objs) {
		int r = prepare(sys, *want, why);

		if (r < 0)
			return r;
	}
	return model_sort(desired);
}

int state_tidy(struct sys *sys, const struct model *observed, struct buf *why)
{
	for (const struct kind *const *kind = kinds; *kind; kind++) {
		int r = (*kind)->state.tidy ? (*kind)->state.tidy(sys, observed, why) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}
