/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entry of the report for one step. */
#pragma once

#include "model/plan.h"
#include "model/report.h"

/*
 * entry_fill() - Describe @step before it is executed.
 * Return: 0 and *ret, to be freed with report_entry_done(); -ENOMEM.
 */
int entry_fill(const struct plan_step *step, struct report_entry *ret);

/* entry_skip() - Record that the step needs the object of @missing. 0 or -ENOMEM. */
int entry_skip(struct report_entry *entry, const struct report_entry *missing);

/* entry_add_remark() - Append @remark to the error or to the reason. 0 or -ENOMEM. */
int entry_add_remark(struct report_entry *entry, const char *remark);
