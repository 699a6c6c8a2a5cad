/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "base/str.h"
#include "engine/reconcile.h"
#include "fake_dm.h"
#include "kind/kinds.h"
#include "sys/clock.h"
#include "unit.h"

#define GIB (UINT64_C(1) << 30)

static const struct reconcile_options converge = { .prune = true };

static void make_machine(struct fake_kernel *fake, struct fake_dm *dm)
{
	fake_init(fake, 16 * GIB);
	fake_load_module(fake);
	fake_dm_init(dm, fake);
	fake_disk(fake, "vdb", 16, GIB, "E:ID_FS_LABEL_ENC=b");
	fake_disk(fake, "vdc", 32, GIB, "E:ID_FS_LABEL_ENC=c");
}

static enum report_verdict apply(struct fake_kernel *fake, const char *yaml,
				 struct report *report)
{
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };

	fake_model(&desired, yaml);
	report->stage = "system";
	ck_assert_int_eq(
		reconcile_run(&fake->sys, &desired, &converge, NULL, report, &outcome),
		0);
	return report->verdict;
}

static void expect(struct fake_kernel *fake, const char *yaml,
		   enum report_verdict verdict)
{
	_cleanup_(report_done) struct report report = { 0 };

	apply(fake, yaml, &report);
	vec_foreach (entry, &report.entries)
		ck_assert_msg(report.verdict == verdict || !entry->message, "%s: %s",
			      entry->name, entry->message);
	ck_assert_int_eq(report.verdict, verdict);
}

#define DISKS "ramdisks: [{name: rd1, size: 64MiB}, {name: rd2, size: 64MiB}]\n"

START_TEST(ramdisk_goes_from_one_cache_to_another)
{
	static const char *const before =
		DISKS "caches: [{name: old, source: LABEL=b, ramdisk: rd1}]";
	/* The taker precedes the holder. */
	static const char *const after =
		DISKS "caches: [{name: new, source: LABEL=c, ramdisk: rd1}, "
		      "{name: old, source: LABEL=b, size: 32MiB}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, before, VERDICT_CHANGED);
	expect(&fake, after, VERDICT_CHANGED);
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "new"), "254:32 251:1 "));
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "old"), "254:16 - "));
	expect(&fake, after, VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

START_TEST(two_caches_swap_their_ramdisks)
{
	static const char *const before =
		DISKS "caches: [{name: b, source: LABEL=b, ramdisk: rd1}, "
		      "{name: c, source: LABEL=c, ramdisk: rd2}]";
	static const char *const after =
		DISKS "caches: [{name: b, source: LABEL=b, ramdisk: rd2}, "
		      "{name: c, source: LABEL=c, ramdisk: rd1}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, before, VERDICT_CHANGED);
	dm.log[0] = '\0';
	expect(&fake, after, VERDICT_CHANGED);
	ck_assert_str_eq(dm.log, "linear b, linear c, reload b, reload c, ");
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "b"), "254:16 251:2 "));
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "c"), "254:32 251:1 "));
	expect(&fake, after, VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

/* If nobody takes the RAM disk, the old table stays live until the new one is. */
START_TEST(cache_that_leaves_its_ramdisk_to_nobody_is_not_released)
{
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, DISKS "caches: [{name: b, source: LABEL=b, ramdisk: rd1}]",
	       VERDICT_CHANGED);
	dm.log[0] = '\0';
	expect(&fake, DISKS "caches: [{name: b, source: LABEL=b, size: 32MiB}]",
	       VERDICT_CHANGED);
	ck_assert_str_eq(dm.log, "reload b, ");
	fake_done(&fake);
}
END_TEST

START_TEST(cache_over_a_ramdisk_of_the_same_file_needs_one_run)
{
	static const char *const yaml =
		"ramdisks: [{name: rd0, size: 64MiB}]\n"
		"caches: [{name: fast, source: /dev/rd0, size: 16MiB}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, yaml, VERDICT_CHANGED);
	ck_assert_str_eq(fake_dm_table(&dm, "fast"),
			 "0 131072 rapiddisk-cache 251:0 - 32768 0");
	expect(&fake, yaml, VERDICT_CONVERGED);
	expect(&fake, "ramdisks: []\ncaches: []", VERDICT_CHANGED);
	ck_assert(!fake_get(&fake, "sys/block/rd0/size"));
	fake_done(&fake);
}
END_TEST

START_TEST(ramdisk_below_a_cache_grows_with_its_cache)
{
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake,
	       "ramdisks: [{name: rd0, size: 64MiB}]\n"
	       "caches: [{name: fast, source: /dev/rd0, size: 16MiB}]",
	       VERDICT_CHANGED);
	expect(&fake,
	       "ramdisks: [{name: rd0, size: 128MiB}]\n"
	       "caches: [{name: fast, source: /dev/rd0, size: 16MiB}]",
	       VERDICT_CHANGED);
	ck_assert_str_eq(fake_dm_table(&dm, "fast"),
			 "0 262144 rapiddisk-cache 251:0 - 32768 0");
	fake_done(&fake);
}
END_TEST

START_TEST(replacement_that_fails_leaves_the_name)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, "caches: [{name: data, source: LABEL=b, size: 16MiB}]",
	       VERDICT_CHANGED);
	dm.refuse = "data";
	dm.refuse_error = -ENOMEM;
	ck_assert_int_eq(apply(&fake,
			       "caches: [{name: data, source: LABEL=c, size: 16MiB}]",
			       &report),
			 VERDICT_PARTIAL);
	ck_assert_str_eq(fake_dm_table(&dm, "data"), "0 2097152 linear 254:32 0");
	ck_assert_ptr_nonnull(strstr(report.entries.items[1].message,
				     "'/dev/mapper/data' passes through, uncached"));
	fake_done(&fake);
}
END_TEST

/* --- the time of others --- */

#define WAITING                                                              \
	"caches: [{name: late, source: LABEL=late, size: 16MiB, wait: %s}, " \
	"{name: data, source: LABEL=b, size: 16MiB}]"

/* The first wait of a run, as its watcher sees it. */
static struct {
	struct fake_dm *dm;
	char log[512];
	bool plugs; /* the disk appears during the wait */
	unsigned int waits;
} seen;

static void note_wait(void *data, const struct plan_step *step)
{
	(void)data;
	if (!step)
		return;
	if (seen.waits++ == 0)
		snprintf(seen.log, sizeof(seen.log), "%s", seen.dm->log);
	if (seen.plugs)
		fake_disk(seen.dm->fake, "vdd", 48, GIB, "E:ID_FS_LABEL_ENC=late");
	seen.plugs = false;
}

static void apply_waiting(struct fake_kernel *fake, struct fake_dm *dm, const char *wait,
			  const struct reconcile_options *options, struct report *report)
{
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	static const struct exec_watcher watcher = { .wait = note_wait };
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_free_ char *yaml = NULL;

	seen.dm = dm;
	ck_assert_int_ge(asprintf(&yaml, WAITING, wait), 0);
	fake_model(&desired, yaml);
	report->stage = "system";
	ck_assert_int_eq(
		reconcile_run(&fake->sys, &desired, options, &watcher, report, &outcome),
		0);
}

START_TEST(absent_source_takes_no_time_of_the_present_one)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	fake.sys.deadline_ms = clock_now_ms() + 20000;
	seen.plugs = true;
	apply_waiting(&fake, &dm, "20s", &converge, &report);
	ck_assert_str_eq(seen.log, "create data, ");
	ck_assert_str_eq(dm.log, "create data, create late, ");
	ck_assert_int_eq(report.verdict, VERDICT_CHANGED);
	/* rapiddisk_cache, late, data */
	ck_assert_uint_eq(report.entries.count, 3);
	vec_foreach (entry, &report.entries)
		ck_assert_int_eq(entry->result, entry->class == &cache_class
							? RESULT_DONE
							: RESULT_UNCHANGED);
	fake_done(&fake);
}
END_TEST

START_TEST(wait_for_an_absent_source_leaves_time_before_the_deadline)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	fake.sys.deadline_ms = clock_now_ms() + 2500;
	apply_waiting(&fake, &dm, "60s", &converge, &report);
	ck_assert_uint_gt(seen.waits, 0);
	ck_assert_uint_lt(clock_now_ms(), fake.sys.deadline_ms);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_uint_eq(report.entries.count, 3);
	fake_done(&fake);
}
END_TEST

START_TEST(run_without_a_wait_does_not_wait)
{
	static const struct reconcile_options at_once = { .prune = true,
							  .no_wait = true };
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	fake.sys.deadline_ms = clock_now_ms() + 60000;
	apply_waiting(&fake, &dm, "60s", &at_once, &report);
	ck_assert_uint_eq(seen.waits, 0);
	ck_assert_str_eq(dm.log, "create data, ");
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	fake_done(&fake);
}
END_TEST

/* A step that failed is not tried again at each look during the wait. */
START_TEST(failed_step_is_tried_once_more_at_the_end_of_the_wait)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	fake.sys.deadline_ms = clock_now_ms() + 2500;
	dm.refuse = "data";
	dm.refuse_error = -ENOMEM;
	apply_waiting(&fake, &dm, "60s", &converge, &report);
	ck_assert_uint_gt(seen.waits, 1);
	/* The linear map that the first try left is changed. */
	ck_assert_str_eq(dm.log, "refuse data, linear data, refuse data, ");
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	fake_done(&fake);
}
END_TEST

Suite *suite_cache(void)
{
	return unit_suite("cache", ramdisk_goes_from_one_cache_to_another,
			  two_caches_swap_their_ramdisks,
			  cache_that_leaves_its_ramdisk_to_nobody_is_not_released,
			  cache_over_a_ramdisk_of_the_same_file_needs_one_run,
			  ramdisk_below_a_cache_grows_with_its_cache,
			  replacement_that_fails_leaves_the_name,
			  absent_source_takes_no_time_of_the_present_one,
			  wait_for_an_absent_source_leaves_time_before_the_deadline,
			  run_without_a_wait_does_not_wait,
			  failed_step_is_tried_once_more_at_the_end_of_the_wait, NULL);
}
