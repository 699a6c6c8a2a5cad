/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The step of one desired object. Pure. */
#pragma once

#include "model/plan.h"

#include <stdbool.h>

/*
 * judge_wanted() - Set the action of the step that brings step->have (NULL: nothing) to
 * step->want, and whether it is blocked or destroys anything.
 * @adopt: foreign objects that match are adopted.
 * Return: 0 or -ENOMEM.
 */
int judge_wanted(struct plan_step *step, bool adopt);

/* judge_block() - Block the step, with the reason. Return: 0 or -ENOMEM. */
int judge_block(struct plan_step *step, const char *fmt, ...) _printf_(2, 3);

/* judge_set_loss() - Set what the step destroys; @loss is copied. 0 or -ENOMEM. */
int judge_set_loss(struct plan_step *step, const char *loss);

/*
 * judge_needs() - True if @step, which has a desired object, needs the desired object @other in
 * sync. A change of an object that already uses @other does not, unless it follows @other.
 */
bool judge_needs(const struct plan_step *step, const struct obj *other);
