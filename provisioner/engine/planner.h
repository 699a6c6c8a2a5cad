/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compare the desired with the observed state into a plan. Pure. */
#pragma once

#include "kind/kinds.h"

#include <stdbool.h>
#include <stdint.h>

struct plan_policy {
	bool prune;	 /* remove owned objects of a stated class that are not listed */
	bool adopt;	 /* adopt foreign objects that match the configuration */
	bool disconnect; /* what only connections hold may go all the same */
	enum kind_stage stage;
	uint64_t ram_bytes; /* of the machine */
};

/*
 * planner_margin() - RAM that is never given away, in bytes: a tenth of @ram_bytes, and
 * 64 MiB at least.
 */
uint64_t planner_margin(uint64_t ram_bytes);

/*
 * planner_is_pruned() - True if @have is an owned object that the configuration no longer
 * lists, and the configuration has the section of its class (model_states()).
 */
bool planner_is_pruned(const struct plan_policy *policy, const struct model *desired,
		       const struct obj *have);

/*
 * plan_build() - Compare. Both models must be sorted; the plan points into them.
 *
 * The order: kernel modules; removals, highest rank and name first; then, by rank, all
 * that is wanted in the order of the file, converged objects included; then removals of
 * what changed objects have let go of. The same models give the same plan.
 *
 * Return: 0, and *ret to be freed with plan_done(); -ENOMEM.
 */
int plan_build(const struct model *desired, const struct model *observed,
	       const struct plan_policy *policy, struct plan *ret);
