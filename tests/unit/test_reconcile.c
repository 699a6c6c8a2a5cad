/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "engine/exec.h"
#include "engine/reconcile.h"
#include "fake_kernel.h"
#include "fake_nvmet.h"
#include "kind/kinds.h"
#include "kind/module/module.h"
#include "kind/ramdisk/ramdisk.h"
#include "sys/clock.h"
#include "sys/dm.h"
#include "unit.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#define GIB (UINT64_C(1) << 30)

static const struct reconcile_options converge = { .prune = true };
static const struct reconcile_options dry = { .dry_run = true, .prune = true };

/* One run as rapiddisk-apply does it; the report stays for the test to look at. */
static int apply(struct fake_kernel *fake, const char *yaml,
		 const struct reconcile_options *options, struct report *report)
{
	_cleanup_(reconcile_outcome_done) struct reconcile_outcome outcome = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };

	fake_model(&desired, yaml);
	report->stage = "system";
	return reconcile_run(&fake->sys, &desired, options, NULL, report, &outcome);
}

static enum report_verdict verdict_of(struct fake_kernel *fake, const char *yaml)
{
	_cleanup_(report_done) struct report report = { 0 };

	ck_assert_int_eq(apply(fake, yaml, &converge, &report), 0);
	return report.verdict;
}

static const struct report_entry *entry_of(const struct report *report, const char *name)
{
	vec_foreach (entry, &report->entries) {
		if (streq(entry->name, name))
			return entry;
	}
	ck_abort_msg("no entry for %s", name);
	return NULL;
}

static const char *const two_disks = "ramdisks:\n"
				     "  - {name: rd0, size: 1GiB}\n"
				     "  - {name: rd1, size: 2GiB, read_only: true}\n";

START_TEST(apply_loads_the_module_and_makes_the_disks)
{
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	ck_assert_int_eq(verdict_of(&fake, two_disks), VERDICT_CHANGED);
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd0/size"), "2097152");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd0/ro"), "0");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd1/size"), "4194304");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd1/ro"), "1");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd1/rapiddisk/owner"),
			 RAMDISK_OWNER_TAG);
	fake_done(&fake);
}
END_TEST

START_TEST(second_apply_writes_nothing)
{
	struct fake_kernel fake;
	unsigned int writes;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	writes = fake.writes;
	ck_assert_int_eq(verdict_of(&fake, two_disks), VERDICT_CONVERGED);
	ck_assert_uint_eq(fake.writes, writes);
	fake_done(&fake);
}
END_TEST

START_TEST(dry_run_writes_nothing)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	ck_assert_int_eq(apply(&fake, two_disks, &dry, &report), 0);
	ck_assert_uint_eq(fake.writes, 0);
	ck_assert_int_eq(report.verdict, VERDICT_CHANGED);
	ck_assert_int_eq(entry_of(&report, "rd1")->result, RESULT_PENDING);
	ck_assert(!fake_get(&fake, "sys/block/rd0/size"));
	fake_done(&fake);
}
END_TEST

START_TEST(changes_are_made_live)
{
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	ck_assert_int_eq(verdict_of(&fake,
				    "ramdisks:\n"
				    "  - {name: rd0, size: 3GiB, preallocate: true}\n"
				    "  - {name: rd1, size: 2GiB}\n"),
			 VERDICT_CHANGED);
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd0/size"), "6291456");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd0/rapiddisk/preallocate"), "1");
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd1/ro"), "0");
	fake_done(&fake);
}
END_TEST

START_TEST(removed_entry_removes_the_disk)
{
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	fake_attach(&fake, 9, GIB, "");
	ck_assert_int_eq(verdict_of(&fake, "ramdisks: [{name: rd0, size: 1GiB}]"),
			 VERDICT_CHANGED);
	ck_assert(!fake_get(&fake, "sys/block/rd1/size"));
	ck_assert(fake_get(&fake, "sys/block/rd0/size"));
	ck_assert_msg(fake_get(&fake, "sys/block/rd9/size"),
		      "a foreign disk was removed");
	fake_done(&fake);
}
END_TEST

START_TEST(empty_configuration_removes_nothing)
{
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	ck_assert_int_eq(verdict_of(&fake, ""), VERDICT_CONVERGED);
	ck_assert_int_eq(verdict_of(&fake, "ramdisks:\n"), VERDICT_CONVERGED);
	ck_assert(fake_get(&fake, "sys/block/rd0/size"));
	ck_assert_int_eq(verdict_of(&fake, "ramdisks: []\n"), VERDICT_CHANGED);
	ck_assert(!fake_get(&fake, "sys/block/rd0/size"));
	fake_done(&fake);
}
END_TEST

START_TEST(missing_module_is_reported_and_its_disks_are_skipped)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake.has_module = false;
	fake.sys.find_module = NULL;
	ck_assert_int_eq(apply(&fake, two_disks, &converge, &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rapiddisk")->error, -ENOENT);
	ck_assert_str_eq(
		entry_of(&report, "rapiddisk")->message,
		"cannot load the kernel module: No such file or directory; install "
		"the module for this kernel ('make modules install', or DKMS: see the "
		"README)");
	ck_assert_int_eq(entry_of(&report, "rd0")->result, RESULT_SKIPPED);
	ck_assert_str_eq(entry_of(&report, "rd0")->reason, "needs module 'rapiddisk'");
	fake_done(&fake);
}
END_TEST

static const struct {
	const char *name, *hint;
	int error;
} hints[] = {
	{ "rapiddisk_cache",
	  "install the module for this kernel ('make modules install', or DKMS: see the README)",
	  -ENOENT },
	{ "nvme_loop",
	  "the module is part of the kernel, and this kernel was built without the module; boot "
	  "another kernel",
	  -ENOENT },
	{ "nvmet", "see /etc/modprobe.d, and the kernel's log for lockdown", -EPERM },
	{ "rapiddisk", "sign the module with a key that this kernel trusts",
	  -EKEYREJECTED },
	{ "rapiddisk", "build the module for this kernel", -ENOEXEC },
	{ "rapiddisk", "see the kernel's log", -EINVAL },
};

START_TEST(hint_for_a_module_names_what_helps)
{
	ck_assert_str_eq(module_hint(hints[_i].name, hints[_i].error), hints[_i].hint);
}
END_TEST

START_TEST(plan_names_a_module_that_the_kernel_does_not_have)
{
	static const struct reconcile_options *const runs[] = { &dry, &converge };
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake.has_module = false;
	ck_assert_int_eq(apply(&fake, two_disks, runs[_i], &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rapiddisk")->result, RESULT_BLOCKED);
	ck_assert_str_eq(
		entry_of(&report, "rapiddisk")->reason,
		"this kernel has no such module; install the module for this kernel "
		"('make modules install', or DKMS: see the README)");
	ck_assert_int_eq(entry_of(&report, "rd0")->result, RESULT_BLOCKED);
	ck_assert_str_eq(
		entry_of(&report, "rd0")->reason,
		"needs the kernel module 'rapiddisk': this kernel has no such module; "
		"install the module for this kernel ('make modules install', or DKMS: "
		"see the README)");
	fake_done(&fake);
}
END_TEST

static const int refusals[] = { -EBUSY, -ENOMEM, -EEXIST, -EINVAL, -ENOSPC, -EINTR };

START_TEST(refused_disk_is_reported_and_the_others_are_made)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake.refuse = "rd0";
	fake.refuse_error = refusals[_i];
	ck_assert_int_eq(apply(&fake, two_disks, &converge, &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rd0")->error, refusals[_i]);
	ck_assert_msg(strstr(entry_of(&report, "rd0")->message, strerror(-refusals[_i])),
		      "message is '%s'", entry_of(&report, "rd0")->message);
	ck_assert_int_eq(entry_of(&report, "rd1")->result, RESULT_DONE);
	fake_done(&fake);
}
END_TEST

START_TEST(missing_mgmt_is_reported)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake_set(&fake, "sys/module/rapiddisk/refcnt", "0");
	ck_assert_int_eq(apply(&fake, two_disks, &converge, &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rd0")->error, -ENOENT);
	ck_assert_ptr_nonnull(
		strstr(entry_of(&report, "rd0")->message, "mgmt' does not exist"));
	fake_done(&fake);
}
END_TEST

START_TEST(verify_finds_a_kernel_that_only_pretends)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake_load_module(&fake);
	fake.deaf = true;
	ck_assert_int_eq(apply(&fake, two_disks, &converge, &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rd0")->result, RESULT_FAILED);
	fake_done(&fake);
}
END_TEST

START_TEST(mounted_disk_stays_and_the_reason_is_told)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	fake_mount(&fake, 1, "/srv/scratch");
	ck_assert_int_eq(
		apply(&fake, "ramdisks: [{name: rd0, size: 1GiB}]", &converge, &report),
		0);
	ck_assert_int_eq(report.verdict, VERDICT_PARTIAL);
	ck_assert_int_eq(entry_of(&report, "rd1")->result, RESULT_BLOCKED);
	ck_assert_str_eq(entry_of(&report, "rd1")->reason, "mounted on '/srv/scratch'");
	ck_assert(fake_get(&fake, "sys/block/rd1/size"));
	fake_done(&fake);
}
END_TEST

/* Act as udev, which holds the disk open for a moment after a change. */
static void *let_go_later(void *data)
{
	usleep(200000);
	fake_set(data, "sys/block/rd1/rapiddisk/openers", "0");
	return NULL;
}

START_TEST(passing_use_is_waited_for)
{
	struct fake_kernel fake;
	pthread_t thread;

	fake_init(&fake, 16 * GIB);
	verdict_of(&fake, two_disks);
	fake_set(&fake, "sys/block/rd1/rapiddisk/openers", "1");
	fake.sys.deadline_ms = clock_now_ms() + 10000;
	ck_assert_int_eq(pthread_create(&thread, NULL, let_go_later, &fake), 0);
	ck_assert_int_eq(verdict_of(&fake, "ramdisks: [{name: rd0, size: 1GiB}]"),
			 VERDICT_CHANGED);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!fake_get(&fake, "sys/block/rd1/size"));
	fake_done(&fake);
}
END_TEST

START_TEST(adopted_disk_becomes_ours)
{
	static const struct reconcile_options adopt = { .prune = true, .adopt = true };
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, 16 * GIB);
	fake_load_module(&fake);
	fake_attach(&fake, 0, GIB, "");
	ck_assert_int_eq(
		apply(&fake, "ramdisks: [{name: rd0, size: 1GiB}]", &adopt, &report), 0);
	ck_assert_int_eq(report.verdict, VERDICT_CHANGED);
	ck_assert_str_eq(fake_get(&fake, "sys/block/rd0/rapiddisk/owner"),
			 RAMDISK_OWNER_TAG);
	ck_assert_int_eq(verdict_of(&fake, "ramdisks: [{name: rd0, size: 1GiB}]"),
			 VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

/* --- crash safety --- */

/*
 * Touches every operation that there is: load, attach, BLKROSET, resize, detach, adopt.
 */
static const char *const second_state =
	"ramdisks:\n"
	"  - {name: rd0, size: 2GiB, read_only: true}\n"
	"  - {name: rd2, size: 1GiB, read_only: true}\n"
	"  - {name: rd3, size: 1GiB, numa_node: 0, on_change: replace}\n";

static void make_first_state(struct fake_kernel *fake)
{
	fake_init(fake, 64 * GIB);
	verdict_of(fake, "ramdisks:\n"
			 "  - {name: rd0, size: 1GiB}\n"
			 "  - {name: rd1, size: 1GiB}\n"
			 "  - {name: rd3, size: 1GiB}\n");
	fake->sys.fault.seen = 0;
}

static unsigned int count_operations(void)
{
	struct fake_kernel fake;
	unsigned int count;

	make_first_state(&fake);
	verdict_of(&fake, second_state);
	count = fake.sys.fault.seen;
	fake_done(&fake);
	return count;
}

static void check_second_state(struct fake_kernel *fake, unsigned int n)
{
	fake->sys.fault = (struct fault){ 0 };
	verdict_of(fake, second_state);
	ck_assert_msg(verdict_of(fake, second_state) == VERDICT_CONVERGED,
		      "not converged after a fault at operation %u", n);
	ck_assert_msg(!fake_get(fake, "sys/block/rd1/size"), "orphan after operation %u",
		      n);
}

START_TEST(failure_at_any_operation_is_reported_and_mended_by_the_next_run)
{
	unsigned int operations = count_operations();

	ck_assert_uint_ge(operations, 7);
	for (unsigned int n = 1; n <= operations; n++) {
		_cleanup_(report_done) struct report report = { 0 };
		struct fake_kernel fake;

		make_first_state(&fake);
		fake.sys.fault =
			(struct fault){ .mode = FAULT_FAIL, .at = n, .error = -EIO };
		ck_assert_int_eq(apply(&fake, second_state, &converge, &report), 0);
		ck_assert_msg(report.verdict == VERDICT_PARTIAL,
			      "a failed operation %u was reported as %s", n,
			      report_verdict_name(report.verdict));
		check_second_state(&fake, n);
		fake_done(&fake);
	}
}
END_TEST

START_TEST(death_at_any_operation_is_mended_by_the_next_run)
{
	unsigned int operations = count_operations();

	for (unsigned int n = 1; n <= operations; n++) {
		struct fake_kernel fake;
		int status;
		pid_t pid;

		make_first_state(&fake);
		pid = fork();
		if (pid == 0) {
			fake.sys.fault = (struct fault){ .mode = FAULT_KILL, .at = n };
			verdict_of(&fake, second_state);
			_exit(0);
		}
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
			      "operation %u did not kill the run", n);
		check_second_state(&fake, n);
		fake_done(&fake);
	}
}
END_TEST

/* --- a cache whose map does not go --- */

static unsigned int maps_made;

static int refuse_to_go(struct sys *sys, const char *name)
{
	(void)sys, (void)name;
	return -EBUSY;
}

static int count_map(struct sys *sys, const char *name, const char *uuid,
		     const struct dm_line *line)
{
	(void)sys, (void)name, (void)uuid, (void)line;
	maps_made++;
	return 0;
}

/* Create the cache data over /dev/vdb, without users. */
static void make_cache(struct fake_kernel *fake, struct dm_ops *dm)
{
	static const char *const files[][2] = {
		{ "sys/module/dm_mod/refcnt", "1" },
		{ "sys/module/rapiddisk_cache/refcnt", "1" },
		{ "dev/vdb", "" },
		{ "run/udev/data/b254:16", "E:ID_FS_LABEL_ENC=data" },
		{ "sys/block/vdb/dev", "254:16" },
		{ "sys/block/vdb/size", "2097152" },
		{ "sys/block/dm-0/dev", "253:0" },
		{ "sys/block/dm-0/size", "2097152" },
		{ "sys/block/dm-0/dm/name", "data" },
		{ "sys/block/dm-0/dm/uuid", "RAPIDDISK-cache-data" },
		{ "sys/block/dm-0/dm/open_count", "0" },
		{ "sys/block/dm-0/dm/suspended", "0" },
		{ "sys/block/dm-0/dm/table",
		  "0 2097152 rapiddisk-cache 254:16 - 131072 0" },
	};

	fake_init(fake, 16 * GIB);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		fake_set(fake, files[i][0], files[i][1]);
	fake_link(fake, "sys/dev/block/253:0", "../../block/dm-0");
	fake_link(fake, "sys/dev/block/254:16", "../../block/vdb");
	fake_link(fake, "sys/block/vdb/holders/dm-0", "../../dm-0");
	*dm = dm_tree;
	dm->remove = refuse_to_go;
	dm->create = count_map;
	fake->sys.dm = dm;
	maps_made = 0;
}

START_TEST(no_second_map_is_made_over_a_source_whose_map_did_not_go)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct dm_ops dm;

	make_cache(&fake, &dm);
	ck_assert_int_eq(apply(&fake,
			       "caches: [{name: fast, source: LABEL=data, size: 64MiB}]",
			       &converge, &report),
			 0);
	ck_assert_uint_eq(maps_made, 0);
	ck_assert_int_eq(entry_of(&report, "data")->result, RESULT_FAILED);
	ck_assert_int_eq(entry_of(&report, "fast")->result, RESULT_FAILED);
	ck_assert_ptr_nonnull(strstr(entry_of(&report, "fast")->message,
				     "'LABEL=data' is still mapped by 'data'"));
	fake_done(&fake);
}
END_TEST

/* --- a cache of which udev still works the change off --- */

static struct fake_kernel *unsettled;
static unsigned int writes_before;
static bool is_pending;

static int reload_at_once(struct sys *sys, const char *name, const struct dm_line *line)
{
	(void)sys, (void)name, (void)line;
	fake_set(unsettled, "sys/block/dm-0/dm/table",
		 "0 2097152 rapiddisk-cache 254:16 - 65536 0");
	is_pending = true;
	return 0;
}

static void settle_and_note(struct sys *sys)
{
	(void)sys;
	if (is_pending)
		writes_before = unsettled->writes;
	is_pending = false;
}

static bool has_settled(const struct sys *sys)
{
	(void)sys;
	return !is_pending;
}

static void make_unsettled(struct fake_kernel *fake, struct dm_ops *dm)
{
	make_cache(fake, dm);
	dm->reload = reload_at_once;
	dm->settle = settle_and_note;
	dm->is_settled = has_settled;
	is_pending = false;
	unsettled = fake;
	writes_before = UINT_MAX;
}

START_TEST(what_is_settled_last_is_waited_for_after_the_run)
{
	struct fake_kernel fake;
	struct dm_ops dm;

	make_unsettled(&fake, &dm);
	ck_assert_int_eq(
		verdict_of(&fake,
			   "caches: [{name: data, source: LABEL=data, size: 32MiB}]"),
		VERDICT_CHANGED);
	ck_assert(!exec_is_settled(&fake.sys));
	exec_settle(&fake.sys);
	ck_assert(exec_is_settled(&fake.sys));
	fake_done(&fake);
}
END_TEST

START_TEST(other_kinds_wait_until_it_is_settled)
{
	struct fake_kernel fake;
	struct dm_ops dm;

	make_unsettled(&fake, &dm);
	fake_nvmet_load(&fake);
	ck_assert_int_eq(
		verdict_of(&fake,
			   "caches: [{name: data, source: LABEL=data, size: 32MiB}]\n"
			   "hosts: [{nqn: 'nqn.2026-11.org.example:host'}]"),
		VERDICT_CHANGED);
	ck_assert(exec_is_settled(&fake.sys));
	ck_assert_uint_lt(writes_before, fake.writes);
	fake_done(&fake);
}
END_TEST

Suite *suite_reconcile(void)
{
	Suite *suite = suite_create("reconcile");
	TCase *tcase = tcase_create("apply");

	tcase_add_test(tcase, apply_loads_the_module_and_makes_the_disks);
	tcase_add_test(tcase, second_apply_writes_nothing);
	tcase_add_test(tcase, dry_run_writes_nothing);
	tcase_add_test(tcase, changes_are_made_live);
	tcase_add_test(tcase, removed_entry_removes_the_disk);
	tcase_add_test(tcase, empty_configuration_removes_nothing);
	tcase_add_test(tcase, missing_module_is_reported_and_its_disks_are_skipped);
	tcase_add_loop_test(tcase, hint_for_a_module_names_what_helps, 0,
			    ARRAY_SIZE(hints));
	tcase_add_loop_test(tcase, plan_names_a_module_that_the_kernel_does_not_have, 0,
			    2);
	tcase_add_loop_test(tcase, refused_disk_is_reported_and_the_others_are_made, 0,
			    ARRAY_SIZE(refusals));
	tcase_add_test(tcase, missing_mgmt_is_reported);
	tcase_add_test(tcase, verify_finds_a_kernel_that_only_pretends);
	tcase_add_test(tcase, mounted_disk_stays_and_the_reason_is_told);
	tcase_add_test(tcase, passing_use_is_waited_for);
	tcase_add_test(tcase, adopted_disk_becomes_ours);
	tcase_add_test(tcase, no_second_map_is_made_over_a_source_whose_map_did_not_go);
	tcase_add_test(tcase, what_is_settled_last_is_waited_for_after_the_run);
	tcase_add_test(tcase, other_kinds_wait_until_it_is_settled);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("crash");
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase,
		       failure_at_any_operation_is_reported_and_mended_by_the_next_run);
	tcase_add_test(tcase, death_at_any_operation_is_mended_by_the_next_run);
	suite_add_tcase(suite, tcase);
	return suite;
}
