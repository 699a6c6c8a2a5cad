/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choose the action for one desired object, or the reason why the step is blocked. */
#include "engine/judge.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/kinds.h"
#include "model/change.h"

#include <stdarg.h>

int judge_block(struct plan_step *step, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&step->blocked, fmt, args);
	va_end(args);
	return r;
}

int judge_set_loss(struct plan_step *step, const char *loss)
{
	step->loss = strdup(loss);
	return step->loss ? 0 : -ENOMEM;
}

static bool any_immutable(const struct obj_class *class, uint64_t changed)
{
	for (unsigned int i = 0; i < class->field_count; i++)
		if (changed & UINT64_C(1) << i &&
		    class->fields[i].flags & FIELD_IMMUTABLE)
			return true;
	return false;
}

/* "size is 1GiB, not 2GiB" */
static int describe_difference(const struct plan_step *step, char **ret)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_(changes_done) struct changes found = { 0 };
	int r = changes_find(step->have, step->want, step->changed, &found);

	if (r < 0)
		return r;
	vec_foreach (change, &found.changes)
		buf_addf(&text, "%s%s is %s, not %s", text.len ? ", " : "", change->name,
			 change->from[0] ? change->from : "unset",
			 change->to[0] ? change->to : "unset");
	return buf_take(&text, ret);
}

static int judge_foreign(struct plan_step *step, bool adopt)
{
	_cleanup_free_ char *difference = NULL;
	int r;

	step->action = PLAN_ADOPT;
	if (step->changed) {
		r = describe_difference(step, &difference);
		if (r < 0)
			return r;
		return judge_block(
			step,
			"exists, but is foreign, and %s; change the configuration "
			"to match and run with --adopt, or remove the object by "
			"hand",
			difference);
	}
	if (!kind_of(step->want->class)->acts.adopt)
		return judge_block(step, "exists, but is foreign");
	if (!adopt)
		return judge_block(
			step,
			"exists, but is foreign; run with --adopt to take ownership");
	return 0;
}

static int judge_change(struct plan_step *step)
{
	const struct kind *kind = kind_of(step->want->class);
	bool (*may_lose)(const struct obj *want) = kind->policy.may_lose;
	bool has_content = may_lose && !kind->severs;
	int r = 0;

	if (kind->acts.update &&
	    (!any_immutable(step->want->class, step->changed) ||
	     (kind->policy.in_place && kind->policy.in_place(step)))) {
		step->action = PLAN_UPDATE;
		if (kind->policy.judge)
			r = kind->policy.judge(step);
	} else {
		step->action = PLAN_REPLACE;
		if (may_lose && step->have->content)
			r = judge_set_loss(step, step->have->content);
		/* No replacement is possible either way: the reason of @want says more. */
		if (r == 0 && step->have->in_use && !kind->severs && !step->want->unmet)
			return judge_block(step, "%s", step->have->in_use);
		/* An empty object may be written to before its removal. */
		if (r == 0 && has_content && !step->loss)
			r = judge_set_loss(step, "its content");
	}
	if (r == 0 && !step->blocked && step->loss && !(may_lose && may_lose(step->want)))
		r = judge_block(step,
				"would lose %s; 'on_change: replace' permits the loss",
				step->loss);
	return r;
}

int judge_wanted(struct plan_step *step, bool adopt)
{
	int r = 0;

	if (!step->have) {
		step->action = PLAN_CREATE;
	} else if (kind_of(step->want->class)->shared) {
		return 0;
	} else {
		step->changed = obj_differing(step->have, step->want);
		if (step->have->owner != OWNER_OURS)
			r = judge_foreign(step, adopt);
		else if (step->changed)
			r = judge_change(step);
	}
	if (r == 0 && !step->blocked && step->action != PLAN_NONE && step->want->unmet) {
		step->deferred = step->want->deferred;
		r = judge_block(step, "%s", step->want->unmet);
	}
	return r;
}

bool judge_needs(const struct plan_step *step, const struct obj *other)
{
	const struct kind *kind = kind_of(step->want->class);

	if (other->class == &module_class)
		return kind_needs_module(step->want, obj_name(other));
	if (!kind->policy.uses || !kind->policy.uses(step->want, other))
		return false;
	/* Skipping a change of an object that already uses the other helps nobody. */
	return !step->have || !kind->policy.uses(step->have, other) ||
	       (kind->policy.follows && kind->policy.follows(step, other));
}
