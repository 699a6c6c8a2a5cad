/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rounds of a run. While a step waits for an absent device, the steps that are possible
 * are executed. The last round executes the whole plan.
 */
#pragma once

#include "model/plan.h"
#include "model/report.h"

/*
 * rounds_take_ready() - Move the steps of @plan to the empty @ready that change something and
 * need no object of a step that stays. A step stays if it is blocked, or if its object has an
 * entry in @report without success. Return: 0 or -ENOMEM.
 */
int rounds_take_ready(struct plan *plan, const struct report *report, struct plan *ready);

/*
 * rounds_merge() - Move the entries of @round to @report, which has those of earlier rounds.
 * The entry of @round replaces an earlier one of the same object, unless the object is
 * unchanged since a round that changed it. Return: 0; -ENOMEM, and nothing has moved.
 */
int rounds_merge(struct report *report, struct report *round);
