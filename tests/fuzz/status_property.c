/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read the bytes as the status file. The answers of an accepted report are JSON; a refused report
 * has a reason.
 */
#include "base/cleanup.h"
#include "fuzz/property.h"
#include "kind/shown.h"
#include "report/json.h"
#include "views/views.h"

#include <jansson.h>

static const char *broken;

static void expect(bool holds, const char *what)
{
	if (!holds && !broken)
		broken = what;
}

static void expect_json(char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	expect(json != NULL, "an answer is JSON");
	json_decref(json);
	free(text);
}

static void answer_all(const struct status_doc *doc, const char *text, size_t len)
{
	struct view view = {
		.classes = shown_classes, .doc = doc, .text = text, .text_len = len
	};
	unsigned int status = 0;
	char *body = NULL;

	expect(answer_health(&view, &body, &status) == 0, "a report has a health");
	expect(status == 200 || status == 503, "its status is 200 or 503");
	expect_json(body);
	expect(answer_drift(&view, &body) == 0, "a report has a drift");
	expect_json(body);
	expect(answer_overview(&view, &body) == 0, "a report has an overview");
	expect_json(body);
	expect(answer_metrics(&view, &body) == 0, "a report has metrics");
	free(body);
}

static void merge(const char *text)
{
	struct report found = { .stage = "system", .sequence = 1 };
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *why = NULL;
	char *merged;

	found.finished_at = strdup("2026-11-22T20:00:00.000Z");
	expect(report_merge_drift(text, &found, &merged) == 0, "drift can be merged");
	if (status_doc_parse(text, strlen(text), &doc, &why) == 0) {
		status_doc_done(&doc);
		expect(status_doc_parse(merged, strlen(merged), &doc, &why) == 0,
		       "a report with drift is a report");
	}
	free(merged);
	report_done(&found);
}

const char *status_property_check(const char *bytes, size_t size)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *why = NULL, *text = strndup(bytes, size);
	struct push_counts counts;
	int r = status_doc_parse(bytes, size, &doc, &why);

	broken = NULL;
	expect(r == 0 || (r == -EBADMSG && why && why[0]),
	       "what is refused has a reason");
	if (r == 0)
		answer_all(&doc, bytes, size);
	if (text)
		merge(text);
	if (push_counts_parse(bytes, size, &counts) == 0)
		push_counts_done(&counts);
	return broken;
}
