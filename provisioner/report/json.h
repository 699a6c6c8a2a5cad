/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one JSON writer: the report, the status, the schema. */
#pragma once

#include "model/model.h"
#include "model/report.h"

/*
 * Each returns 0 and *ret, text with a newline at its end, the caller's to free; -ENOMEM.
 */

/* report_to_json() - Print the report as JSON for stdout, /run, HTTP and push. */
int report_to_json(const struct report *report, char **ret);

/*
 * report_sequence_of() - Return the sequence number of a report that one of these functions
 * wrote, without parsing all of @text: that would take much memory for many objects.
 * Return: 0 if @text has no number.
 */
uint64_t report_sequence_of(const char *text);

/*
 * report_merge_drift() - Print the report of the last run (@last: the text of the status file,
 * or NULL) with the dry run @found as its "drift". Sequence number and state of the image
 * come from @found. If @last cannot be parsed, print @found, marked as "dry_run".
 */
int report_merge_drift(const char *last, const struct report *found, char **ret);

/* status_to_json() - Print the live objects, and the state of the image from @report. */
int status_to_json(const struct model *observed, const struct report *report, char **ret);
