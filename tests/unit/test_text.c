/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/text.h"

#include "base/cleanup.h"
#include "unit.h"

static void expect_summary(const struct report *report, const char *want)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	text_print_summary(out, false, report);
	fclose(out);
	ck_assert_str_eq(text, want);
}

START_TEST(summary_counts_failed_and_skipped_objects_apart)
{
	struct report_entry entries[] = {
		{ .action = PLAN_CREATE, .result = RESULT_DONE },
		{ .action = PLAN_CREATE, .result = RESULT_FAILED },
		{ .action = PLAN_CREATE, .result = RESULT_SKIPPED },
		{ .action = PLAN_REMOVE, .result = RESULT_SKIPPED },
		{ .action = PLAN_UPDATE, .result = RESULT_BLOCKED },
	};
	const struct report report = {
		.verdict = VERDICT_PARTIAL,
		.entries = { .items = entries, .count = ARRAY_SIZE(entries) },
	};

	expect_summary(&report, "Applied: 1 created, 1 blocked, 1 failed, 2 skipped.\n");
}
END_TEST

START_TEST(summary_of_a_converged_run_is_empty)
{
	const struct report report = { .verdict = VERDICT_CONVERGED };

	expect_summary(&report, "");
}
END_TEST

Suite *suite_text(void)
{
	return unit_suite("text", summary_counts_failed_and_skipped_objects_apart,
			  summary_of_a_converged_run_is_empty, NULL);
}
