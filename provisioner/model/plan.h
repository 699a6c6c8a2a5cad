/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What there is to do, as data: made by the planner, printed by report/, run by exec. */
#pragma once

#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

enum plan_action {
	PLAN_NONE, /* as wanted */
	PLAN_CREATE,
	PLAN_UPDATE,  /* in place */
	PLAN_REPLACE, /* remove and create */
	PLAN_REMOVE,
	PLAN_ADOPT,   /* take ownership, change nothing */
	PLAN_RELEASE, /* it should go and is in use: give back all but its name */
};

struct plan_step {
	enum plan_action action;
	struct obj *have, *want; /* the models' own; NULL where there is none */
	uint64_t changed;	 /* bit i: fields[i] differs */
	char *blocked;		 /* why it will not be done; NULL: it will */
	bool deferred; /* blocked until the next boot, which is as it should be */
	char *loss;    /* what it destroys; NULL: nothing */
};

struct plan {
	VEC(struct plan_step) steps; /* in the order in which they are carried out */
};

void plan_done(struct plan *plan);

/* plan_step_obj() - The object of the step: the wanted one, or the live one that goes. */
const struct obj *plan_step_obj(const struct plan_step *step);

/*
 * plan_has_changes() - Is there a step that would do something, now or at the next boot?
 * Blocked ones are not.
 */
bool plan_has_changes(const struct plan *plan);

/*
 * plan_find_passing() - A step that is worth looking at again: @since_ms ago it was
 * blocked first, and it is so by a use that may be over in a moment (not longer than
 * @passing_ms), or by the absence of what may appear (see obj.patience_ms).
 * Return: NULL if there is none.
 */
const struct plan_step *plan_find_passing(const struct plan *plan, uint64_t since_ms,
					  uint64_t passing_ms);

/* plan_action_name() - "none", "create" and so on, as the report has it. */
const char *plan_action_name(enum plan_action action);
