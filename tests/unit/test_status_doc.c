/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status file as strangers read it. */
#include "report/status_doc.h"

#include "base/cleanup.h"
#include "report/json.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define HEAD                                                                  \
	"{\"schema_version\": 1, \"stage\": \"system\", \"boot_id\": \"b\", " \
	"\"started_at\": \"2026-11-22T20:00:00.000Z\", "                      \
	"\"finished_at\": \"2026-11-22T20:00:01.250Z\", "                     \
	"\"config\": {\"path\": null, \"sha256\": \"ab\"}, \"sequence\": 7, "
#define ENTRY(result)                                                         \
	"{\"kind\": \"ramdisk\", \"name\": \"rd0\", \"action\": \"create\", " \
	"\"result\": \"" result "\", \"reason\": \"why\"}"

static const char good[] = HEAD "\"result\": \"partial\", \"objects\": [" ENTRY(
	"done") ", " ENTRY("blocked") "]}";

static void parse_good(const char *text, struct status_doc *doc)
{
	_cleanup_free_ char *why = NULL;
	int r = status_doc_parse(text, strlen(text), doc, &why);

	ck_assert_msg(r == 0, "%s: %s", text, why);
}

START_TEST(status_doc_has_what_the_report_says)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };

	parse_good(good, &doc);
	ck_assert_str_eq(doc.result, "partial");
	ck_assert_str_eq(doc.boot_id, "b");
	ck_assert_str_eq(doc.config_sha256, "ab");
	ck_assert_uint_eq(doc.sequence, 7);
	ck_assert_int_eq(doc.finished_ms - doc.started_ms, 1250);
	ck_assert_uint_eq(doc.objects.list.count, 2);
	ck_assert(!doc.has_drift && !doc.dry_run && !doc.image);
}
END_TEST

START_TEST(deviations_are_what_the_run_could_not_do)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };

	parse_good(good, &doc);
	ck_assert_uint_eq(status_doc_deviations(&doc, NULL, NULL), 1);
	ck_assert_str_eq(status_doc_checked_at(&doc), "2026-11-22T20:00:01.250Z");
}
END_TEST

START_TEST(deviations_are_what_the_last_check_found)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };

	parse_good(
		HEAD "\"result\": \"partial\", \"objects\": [" ENTRY(
			"blocked") "], "
				   "\"drift\": {\"checked_at\": \"2026-11-22T21:00:00.000Z\", "
				   "\"result\": \"changed\", \"message\": null, \"objects\": [" ENTRY(
					   "pending") ", " ENTRY("pending") ", " ENTRY("deferred") "]}}",
		&doc);
	ck_assert_uint_eq(status_doc_deviations(&doc, NULL, NULL), 2);
	ck_assert_str_eq(status_doc_checked_at(&doc), "2026-11-22T21:00:00.000Z");
}
END_TEST

static const char *const bad[] = {
	"",
	"{",
	"[]",
	"null",
	"{}",
	"{\"schema_version\": 2}",
	"{\"schema_version\": \"1\"}",
	HEAD "\"result\": \"partial\"}",
	HEAD "\"result\": \"good\", \"objects\": []}",
	HEAD "\"objects\": []}",
	HEAD "\"result\": 1, \"objects\": []}",
	HEAD "\"result\": \"failed\", \"objects\": {}}",
	HEAD "\"result\": \"failed\", \"objects\": [1]}",
	HEAD "\"result\": \"failed\", \"objects\": [{\"kind\": \"x\"}]}",
	HEAD "\"result\": \"failed\", \"objects\": [], \"drift\": []}",
	HEAD "\"result\": \"failed\", \"objects\": [], \"drift\": {}}",
	HEAD "\"result\": \"failed\", \"objects\": [], \"objects\": []}",
	HEAD "\"result\": \"failed\", \"objects\": [], \"connections\": {}}",
	HEAD "\"result\": \"failed\", \"objects\": [], \"connections\": [1]}",
	HEAD "\"result\": \"failed\", \"objects\": [], "
	     "\"connections\": [{\"export\": \"nqn.x\", \"count\": -1}]}",
	HEAD "\"result\": \"failed\", \"objects\": []} x",
};

START_TEST(status_doc_says_what_is_wrong)
{
	struct status_doc doc = { 0 };
	char *why = NULL;

	ck_assert_msg(status_doc_parse(bad[_i], strlen(bad[_i]), &doc, &why) == -EBADMSG,
		      "%s", bad[_i]);
	ck_assert_msg(why && why[0], "%s", bad[_i]);
	ck_assert_ptr_null(doc.json);
	free(why);
}
END_TEST

START_TEST(every_beginning_of_a_report_is_refused)
{
	for (size_t len = 0; len < strlen(good); len++) {
		struct status_doc doc;
		char *why = NULL;

		ck_assert_int_eq(status_doc_parse(good, len, &doc, &why), -EBADMSG);
		free(why);
	}
}
END_TEST

START_TEST(zero_byte_in_a_report_is_refused)
{
	char text[2048];
	size_t len = strlen(good);

	ck_assert_uint_lt(len, sizeof(text));
	for (size_t i = 0; i < len; i++) {
		struct status_doc doc;
		char *why = NULL;

		memcpy(text, good, i);
		text[i] = '\0';
		memcpy(text + i + 1, good + i, len - i);
		ck_assert_int_eq(status_doc_parse(text, len + 1, &doc, &why), -EBADMSG);
		free(why);
	}
}
END_TEST

static const struct {
	const char *text;
	int64_t ms;
} times[] = {
	{ "1970-01-01T00:00:01.002Z", 1002 },
	{ "2026-11-22T20:00:01.250Z", INT64_C(1795377601250) },
	{ NULL, 0 },
	{ "", 0 },
	{ "2026-11-22T20:00:01Z", 0 },
	{ "2026-11-22T20:00:01.250+01:00", 0 },
	{ "2026-11-22T20:00:01.250Zx", 0 },
	{ "2026-13-22T20:00:01.250Z", 0 },
};

START_TEST(times_are_read)
{
	ck_assert_msg(status_time_ms(times[_i].text) == times[_i].ms, "%s: %lld",
		      times[_i].text, (long long)status_time_ms(times[_i].text));
}
END_TEST

START_TEST(drift_goes_beside_the_last_run)
{
	struct report found = {
		.sequence = 8,
		.stage = "system",
		.verdict = VERDICT_CHANGED,
		.finished_at = strdup("2026-11-22T21:00:00.000Z"),
	};
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *merged = NULL;

	ck_assert_int_eq(report_merge_drift(good, &found, &merged), 0);
	parse_good(merged, &doc);
	ck_assert_str_eq(doc.result, "partial");
	ck_assert_uint_eq(doc.sequence, 8);
	ck_assert_uint_eq(report_sequence_of(merged), 8);
	ck_assert_uint_eq(report_sequence_of(""), 0);
	ck_assert_uint_eq(report_sequence_of("{\n  \"sequence\": -5\n}"), 0);
	ck_assert_uint_eq(
		report_sequence_of("{\n  \"sequence\": 99999999999999999999\n}"), 0);
	ck_assert_str_eq(doc.drift.result, "changed");
	ck_assert(!doc.dry_run);
	report_done(&found);
}
END_TEST

START_TEST(connections_are_those_of_the_last_look)
{
	struct report found = { .sequence = 8, .stage = "system" };
	struct report_connections connections = { strdup("nqn.x"), 2 };
	_cleanup_(status_doc_done) struct status_doc doc = { 0 }, later = { 0 };
	_cleanup_free_ char *merged = NULL, *again = NULL;

	found.finished_at = strdup("2026-11-22T21:00:00.000Z");
	ck_assert_int_eq(vec_push(&found.connections, connections), 0);
	ck_assert_int_eq(report_merge_drift(good, &found, &merged), 0);
	parse_good(merged, &doc);
	ck_assert_uint_eq(doc.connections.count, 1);
	ck_assert_str_eq(doc.connections.items[0].export, "nqn.x");
	ck_assert_uint_eq(doc.connections.items[0].count, 2);
	report_done(&found);

	/* Nobody says any more. */
	found = (struct report){ .stage = "system", .sequence = 9 };
	found.finished_at = strdup("2026-11-22T22:00:00.000Z");
	ck_assert_int_eq(report_merge_drift(merged, &found, &again), 0);
	parse_good(again, &later);
	ck_assert_uint_eq(later.connections.count, 0);
	report_done(&found);
}
END_TEST

START_TEST(drift_stands_for_a_run_that_left_nothing)
{
	const char *const lasts[] = { NULL, "{", "[]" };

	for (size_t i = 0; i < ARRAY_SIZE(lasts); i++) {
		struct report found = {
			.sequence = 1,
			.stage = "system",
			.finished_at = strdup("2026-11-22T21:00:00.000Z"),
		};
		_cleanup_(status_doc_done) struct status_doc doc = { 0 };
		_cleanup_free_ char *merged = NULL;

		ck_assert_int_eq(report_merge_drift(lasts[i], &found, &merged), 0);
		parse_good(merged, &doc);
		ck_assert(doc.dry_run && doc.has_drift);
		report_done(&found);
	}
}
END_TEST

Suite *suite_status_doc(void)
{
	Suite *suite = unit_suite(
		"status_doc", status_doc_has_what_the_report_says,
		deviations_are_what_the_run_could_not_do,
		deviations_are_what_the_last_check_found,
		every_beginning_of_a_report_is_refused, zero_byte_in_a_report_is_refused,
		drift_goes_beside_the_last_run, connections_are_those_of_the_last_look,
		drift_stands_for_a_run_that_left_nothing, NULL);

	unit_add_loop(suite, status_doc_says_what_is_wrong, ARRAY_SIZE(bad));
	unit_add_loop(suite, times_are_read, ARRAY_SIZE(times));
	return suite;
}
