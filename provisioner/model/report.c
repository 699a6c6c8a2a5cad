/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judge a run by its entries, and name verdicts and results. */
#include "model/report.h"

#include <stdlib.h>

static const char *const verdict_names[] = {
	[VERDICT_CONVERGED] = "converged",
	[VERDICT_CHANGED] = "changed",
	[VERDICT_PARTIAL] = "partial",
	[VERDICT_FAILED] = "failed",
};

static const char *const result_names[] = {
	[RESULT_UNCHANGED] = "unchanged", [RESULT_PENDING] = "pending",
	[RESULT_DONE] = "done",		  [RESULT_BLOCKED] = "blocked",
	[RESULT_FAILED] = "failed",	  [RESULT_SKIPPED] = "skipped",
	[RESULT_DEFERRED] = "deferred",
};

static void strings_free(char **strings)
{
	for (char **text = strings; text && *text; text++)
		free(*text);
	free(strings);
}

static void values_free(struct report_value *values)
{
	for (struct report_value *value = values; value && value->field; value++)
		free(value->text);
	free(values);
}

void report_entry_done(struct report_entry *entry)
{
	strings_free(entry->changes);
	values_free(entry->wanted);
	free(entry->name);
	free(entry->message);
	free(entry->reason);
}

void report_done(struct report *report)
{
	vec_foreach (entry, &report->entries)
		report_entry_done(entry);
	vec_done(&report->entries);
	vec_foreach (connections, &report->connections)
		free(connections->export);
	vec_done(&report->connections);
	free(report->boot_id);
	free(report->config_path);
	free(report->config_sha256);
	free(report->started_at);
	free(report->finished_at);
	free(report->message);
	*report = (struct report){ 0 };
}

const char *report_verdict_name(enum report_verdict verdict)
{
	return verdict_names[verdict];
}

const char *report_result_name(enum report_result result)
{
	return result_names[result];
}

void report_judge(struct report *report)
{
	bool changed = false, unmet = false;

	vec_foreach (entry, &report->entries) {
		changed |=
			entry->result == RESULT_DONE || entry->result == RESULT_PENDING;
		unmet |= entry->result == RESULT_BLOCKED ||
			 entry->result == RESULT_FAILED ||
			 entry->result == RESULT_SKIPPED;
	}
	report->verdict = unmet	    ? VERDICT_PARTIAL
			  : changed ? VERDICT_CHANGED
				    : VERDICT_CONVERGED;
}
