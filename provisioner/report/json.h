/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one JSON writer: the report, the status, the schema. */
#pragma once

#include "model/model.h"
#include "model/report.h"

/*
 * Each returns 0 and *ret, text with a newline at its end, the caller's to free; -ENOMEM.
 */

/* report_to_json() - The report of design section 5, for stdout, /run, HTTP and push. */
int report_to_json(const struct report *report, char **ret);

/*
 * report_sequence_of() - The number of a report that one of these functions has written as
 * @text, without reading all of it as JSON: a run over many objects has no memory for that.
 * Return: 0 where there is none.
 */
uint64_t report_sequence_of(const char *text);

/*
 * report_merge_drift() - The report of the last run, @last as the status file has it (NULL:
 * there is none), with what a dry run has @found since as its "drift", and the sequence and
 * the state of the image from there. Where @last cannot be read, @found stands for it, marked
 * as "dry_run".
 */
int report_merge_drift(const char *last, const struct report *found, char **ret);

/* status_to_json() - What is live now; of @report only what it says of the image. */
int status_to_json(const struct model *observed, const struct report *report, char **ret);
