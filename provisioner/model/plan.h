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
	/* another step takes what @have has: release or remove @have before all steps */
	bool yields;
	bool deferred; /* blocked until the next boot, with nothing wrong */
	bool skipped;  /* blocked by the step of an object that this one needs */
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

/* plan_find_passing() - Find a step that is blocked by a use that may end soon, or NULL. */
const struct plan_step *plan_find_passing(const struct plan *plan);

/* plan_step_is_absent() - True if the step is blocked by the absence of a device. */
bool plan_step_is_absent(const struct plan_step *step);

/*
 * plan_find_absent() - Find a step that is blocked by an absence, with an obj.patience_ms above
 * @since_ms, the time since the run began. NULL: no such step.
 */
const struct plan_step *plan_find_absent(const struct plan *plan, uint64_t since_ms);

/* plan_action_name() - Return the word of the report: "none", "create". */
const char *plan_action_name(enum plan_action action);
