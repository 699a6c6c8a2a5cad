/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text writer: the diff, the steps of a run, the status. */
#pragma once

#include "model/plan.h"
#include "model/report.h"

#include <stdbool.h>
#include <stdio.h>

/*
 * text_print_step() - Print one step as a diff: the sign, the object, the fields.
 * @entry: the outcome; NULL: the step is only planned. Objects in sync print nothing.
 */
void text_print_step(FILE *out, bool color, const struct plan_step *step,
		     const struct report_entry *entry);

/* text_print_plan() - Print the whole diff and a summary line, or "converged" for an empty plan. */
void text_print_plan(FILE *out, bool color, const struct plan *plan);

/* text_print_valid() - Print the number of objects of each class: "valid: 2 ramdisks". */
void text_print_valid(FILE *out, const struct model *desired,
		      const struct obj_class *const *classes);

/* text_print_summary() - Print one line on the outcome, or nothing if every object was in sync. */
void text_print_summary(FILE *out, bool color, const struct report *report);

/*
 * text_print_status() - Print a table of the observed objects of each kind, and the hint of
 * @report on the initramfs image if the image has to be rebuilt.
 * @details: print the FIELD_DETAIL rows too.
 */
void text_print_status(FILE *out, bool color, bool details, const struct model *observed,
		       const struct report *report);
