/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/plan.h"

#include <stdlib.h>

static const char *const action_names[] = {
	[PLAN_NONE] = "none",	    [PLAN_CREATE] = "create", [PLAN_UPDATE] = "update",
	[PLAN_REPLACE] = "replace", [PLAN_REMOVE] = "remove", [PLAN_ADOPT] = "adopt",
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
		if (step->action != PLAN_NONE && !step->blocked)
			return true;
	}
	return false;
}

bool plan_has_blocked(const struct plan *plan)
{
	vec_foreach (step, &plan->steps) {
		if (step->blocked)
			return true;
	}
	return false;
}

const struct plan_step *plan_find_passing(const struct plan *plan)
{
	vec_foreach (step, &plan->steps) {
		if (step->blocked && step->have && step->have->in_use &&
		    step->have->passing)
			return step;
	}
	return NULL;
}

const char *plan_action_name(enum plan_action action)
{
	return action_names[action];
}
