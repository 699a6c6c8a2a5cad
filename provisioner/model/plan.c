/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to a plan and its steps, and the names of actions. */
#include "model/plan.h"

#include <stdlib.h>

static const char *const action_names[] = {
	[PLAN_NONE] = "none",	    [PLAN_CREATE] = "create", [PLAN_UPDATE] = "update",
	[PLAN_REPLACE] = "replace", [PLAN_REMOVE] = "remove", [PLAN_ADOPT] = "adopt",
	[PLAN_RELEASE] = "release",
};

void plan_done(struct plan *plan)
{
	vec_foreach (step, &plan->steps) {
		free(step->blocked);
		free(step->loss);
	}
	vec_done(&plan->steps);
}

const struct obj *plan_step_obj(const struct plan_step *step)
{
	return step->want ? step->want : step->have;
}

bool plan_has_changes(const struct plan *plan)
{
	vec_foreach (step, &plan->steps) {
		if (step->action != PLAN_NONE && (!step->blocked || step->deferred))
			return true;
	}
	return false;
}

/* True if the step is blocked by a use that may end by itself. */
static bool is_passing(const struct plan_step *step)
{
	if (!step->blocked || step->deferred)
		return false;
	if (step->want && step->want->unmet)
		return step->want->passing;
	return step->have && step->have->in_use && step->have->passing;
}

const struct plan_step *plan_find_passing(const struct plan *plan)
{
	vec_foreach (step, &plan->steps) {
		if (is_passing(step))
			return step;
	}
	return NULL;
}

bool plan_step_is_absent(const struct plan_step *step)
{
	return step->blocked && !step->deferred && step->want && step->want->unmet &&
	       !step->want->passing && step->want->patience_ms > 0;
}

const struct plan_step *plan_find_absent(const struct plan *plan, uint64_t since_ms)
{
	vec_foreach (step, &plan->steps) {
		if (plan_step_is_absent(step) && since_ms < step->want->patience_ms)
			return step;
	}
	return NULL;
}

const char *plan_action_name(enum plan_action action)
{
	return action_names[action];
}
