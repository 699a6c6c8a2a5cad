/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics writer: Prometheus' text format 0.0.4. */
#pragma once

#include "model/model.h"
#include "report/push_counts.h"
#include "report/status_doc.h"

struct metrics_source {
	const struct model *observed; /* sorted */
	const struct obj_class *const *classes;
	const struct status_doc *doc;	/* NULL: there is no report */
	const struct push_counts *push; /* NULL: nobody pushes */
};

/* metrics_to_text() - Return: 0 and *ret, the caller's to free; -ENOMEM. */
int metrics_to_text(const struct metrics_source *source, char **ret);

/*
 * metrics_table_to_json() - Write the table of all metrics that metrics_to_text() can write
 * for @classes (NULL-terminated): an array of name, type, labels and help.
 * Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int metrics_table_to_json(const struct obj_class *const *classes, char **ret);
