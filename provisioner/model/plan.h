/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan as data: the planner makes it, report/ prints it, exec runs it. */
#pragma once

#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

enum plan_action {
	PLAN_NONE, /* in sync */
	PLAN_CREATE,
	PLAN_UPDATE,  /* in place */
	PLAN_REPLACE, /* remove and create */
	PLAN_REMOVE,
	PLAN_ADOPT,   /* take ownership, change nothing */
	PLAN_RELEASE, /* in use and to be removed: free all but its name */
};

struct plan_step {
	enum plan_action action;
	struct obj *have, *want; /* owned by the models; may be NULL */
	uint64_t changed;	 /* bit i: fields[i] differs */
	char *blocked; /* the reason why it is not executed; NULL: it is executed */
	/* another step takes what @have holds alone: release @have before all steps */
	bool yields;
	bool deferred; /* blocked until the next boot, with nothing wrong */
	char *loss;    /* the loss; NULL: no loss */
};

struct plan {
	VEC(struct plan_step) steps; /* in the order of their execution */
};

void plan_done(struct plan *plan);

/* plan_step_obj() - Return the desired object of the step, otherwise the observed one. */
const struct obj *plan_step_obj(const struct plan_step *step);

/*
 * plan_has_changes() - True if a step changes something, now or at the next boot. Blocked
 * steps do not count.
 */
bool plan_has_changes(const struct plan *plan);

/*
 * plan_find_passing() - Find a step whose obstacle may go away: a use that may end within
 * @passing_ms, or an absence that may end within obj.patience_ms.
 * @since_ms: time since the step was first found to be blocked.
 * Return: NULL if the plan has no such step.
 */
const struct plan_step *plan_find_passing(const struct plan *plan, uint64_t since_ms,
					  uint64_t passing_ms);

/* plan_action_name() - Return the word of the report: "none", "create". */
const char *plan_action_name(enum plan_action action);
