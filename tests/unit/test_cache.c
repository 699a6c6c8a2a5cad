/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/late.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "engine/reconcile.h"
#include "fake_dm.h"
#include "kind/kinds.h"
#include "sys/clock.h"
#include "sys/notify.h"
#include "sys/udev_rules.h"
#include "unit.h"

#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

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

START_TEST(two_caches_swap_their_sources)
{
	static const char *const before =
		"caches: [{name: b, source: LABEL=b, size: 16MiB}, "
		"{name: c, source: LABEL=c, size: 16MiB}]";
	static const char *const after =
		"caches: [{name: b, source: LABEL=c, size: 16MiB}, "
		"{name: c, source: LABEL=b, size: 16MiB}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, before, VERDICT_CHANGED);
	dm.log[0] = '\0';
	expect(&fake, after, VERDICT_CHANGED);
	ck_assert_str_eq(dm.log, "remove b, remove c, create b, create c, ");
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "b"), "254:32 - "));
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "c"), "254:16 - "));
	expect(&fake, after, VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

START_TEST(source_goes_from_a_cache_to_one_that_precedes_it)
{
	static const char *const after =
		"caches: [{name: new, source: LABEL=b, size: 16MiB}, "
		"{name: old, source: LABEL=c, size: 16MiB}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, "caches: [{name: old, source: LABEL=b, size: 16MiB}]",
	       VERDICT_CHANGED);
	dm.log[0] = '\0';
	expect(&fake, after, VERDICT_CHANGED);
	ck_assert_str_eq(dm.log, "remove old, create new, create old, ");
	expect(&fake, after, VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

/* The map that yielded is gone, so its name gets a linear map over the new source. */
START_TEST(swap_that_fails_half_way_leaves_both_names)
{
	_cleanup_(report_done) struct report report = { 0 };
	static const char *const after =
		"caches: [{name: b, source: LABEL=c, size: 16MiB}, "
		"{name: c, source: LABEL=b, size: 16MiB}]";
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake,
	       "caches: [{name: b, source: LABEL=b, size: 16MiB}, "
	       "{name: c, source: LABEL=c, size: 16MiB}]",
	       VERDICT_CHANGED);
	dm.refuse = "b";
	dm.refuse_error = -ENOMEM;
	ck_assert_int_eq(apply(&fake, after, &report), VERDICT_PARTIAL);
	ck_assert_str_eq(fake_dm_table(&dm, "b"), "0 2097152 linear 254:32 0");
	ck_assert_str_eq(fake_dm_table(&dm, "c"),
			 "0 2097152 rapiddisk-cache 254:16 - 32768 0");
	dm.refuse = NULL;
	dm.refuse_error = 0;
	expect(&fake, after, VERDICT_CHANGED);
	ck_assert_str_eq(fake_dm_table(&dm, "b"),
			 "0 2097152 rapiddisk-cache 254:32 - 32768 0");
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

START_TEST(cache_without_writable_memory_leaves_the_name)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	ck_assert_int_eq(apply(&fake,
			       "ramdisks: [{name: rd0, size: 64MiB, read_only: true}]\n"
			       "caches: [{name: data, source: LABEL=b, ramdisk: rd0}]",
			       &report),
			 VERDICT_PARTIAL);
	ck_assert_str_eq(fake_dm_table(&dm, "data"), "0 2097152 linear 254:16 0");
	fake_done(&fake);
}
END_TEST

#define NQN	"nqn.2026-11.org.example:b"
#define EXPORTS "ports: [{id: 1, transport: loop}]\nexports: "
#define ENABLED "sys/kernel/config/nvmet/subsystems/" NQN "/namespaces/1/enable"

static const char *const exported =
	EXPORTS "[{nqn: " NQN ", namespaces: [{id: 1, device: /dev/vdb}], ports: [1], "
		"allow_any_host: true}]";
static const char *const cached =
	EXPORTS "[]\ncaches: [{name: data, source: LABEL=b, size: 16MiB}]";

START_TEST(cache_takes_the_disk_that_an_export_leaves)
{
	struct fake_kernel fake;
	struct fake_dm dm;

	make_machine(&fake, &dm);
	expect(&fake, exported, VERDICT_CHANGED);
	ck_assert_str_eq(fake_get(&fake, ENABLED), "1");
	expect(&fake, cached, VERDICT_CHANGED);
	ck_assert_ptr_null(fake_get(&fake, ENABLED));
	ck_assert_ptr_nonnull(strstr(fake_dm_table(&dm, "data"), "254:16 - "));
	expect(&fake, cached, VERDICT_CONVERGED);
	fake_done(&fake);
}
END_TEST

/* Writes of the initiators would make the content of the cache stale. */
START_TEST(disk_is_never_cached_while_its_export_is_open)
{
	unsigned int operations = 1, both = 0;

	for (unsigned int n = 1; n <= operations; n++) {
		_cleanup_(report_done) struct report report = { 0 };
		struct fake_kernel fake;
		struct fake_dm dm;

		make_machine(&fake, &dm);
		expect(&fake, exported, VERDICT_CHANGED);
		fake.sys.fault =
			(struct fault){ .mode = FAULT_FAIL, .at = n, .error = -EIO };
		apply(&fake, cached, &report);
		if (fake.sys.fault.seen > operations)
			operations = fake.sys.fault.seen;
		both += fake_get(&fake, ENABLED) &&
			streq(fake_get(&fake, ENABLED), "1") &&
			fake_dm_table(&dm, "data");
		fake_done(&fake);
	}
	ck_assert_uint_gt(operations, 3);
	ck_assert_uint_eq(both, 0);
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

/* --- devices that appear after the run --- */

START_TEST(late_devices_are_matched_by_udev)
{
	static const char *const yaml =
		"ramdisks: [{name: rd0, size: 64MiB}]\n"
		"caches:\n"
		"  - {name: a, source: UUID=1a-2, size: 1MiB}\n"
		"  - {name: b, source: 'LABEL=two words', size: 1MiB}\n"
		"  - {name: c, source: PARTUUID=ABCD-01, size: 1MiB}\n"
		"  - {name: d, source: /dev/vg/lv, size: 1MiB}\n"
		"  - {name: e, source: /dev/rd0, size: 1MiB}\n"
		"  - {name: f, source: '/dev/disk/by-id/a*b', size: 1MiB}\n"
		"  - {name: g, source: root, size: 1MiB}\n"
		"  - {name: h, source: LABEL=plain, size: 1MiB}\n"
		"ports: [{id: 1, transport: loop}]\n"
		"exports:\n"
		"  - nqn: nqn.2026-11.org.example:x\n"
		"    ports: [1]\n"
		"    hosts: []\n"
		"    namespaces: [{id: 1, device: rd0}, {id: 2, device: /dev/sdx}, "
		"{id: 3, device: /dev/mapper/a}]\n";
	static const char *const lines[] = {
		"\nENV{ID_FS_UUID_ENC}==\"1a-2|1a-2|1A-2\", ",
		"\nENV{ID_FS_LABEL_ENC}==\"two\\x20words\", ",
		"\nENV{ID_FS_LABEL_ENC}==\"plain\", ",
		"\nENV{ID_PART_ENTRY_UUID}==\"abcd-01\", ",
		"\nSYMLINK==\"vg/lv\", ",
		"\nKERNEL==\"sdx\", ",
	};
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_(late_done) struct late late = { 0 };
	struct fake_kernel fake;
	unsigned int starts = 0;

	fake_init(&fake, GIB);
	fake_model(&desired, yaml);
	ck_assert_int_eq(late_look(&fake.sys, &desired, &late), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		ck_assert_msg(strstr(late.rules, lines[i]), "no '%s' in\n%s", lines[i],
			      late.rules);
	for (const char *at = late.rules; (at = strstr(at, "SYSTEMD_WANTS")); at++)
		starts++;
	/* Those above, and the link that sdx may be. */
	ck_assert_uint_eq(starts, ARRAY_SIZE(lines) + 1);
	fake_done(&fake);
}
END_TEST

/* Each source would change a rule, or match devices that the file does not name. */
static const char *const unsafe_sources[] = {
	"'PARTUUID=ab\\'", "'PARTUUID=ab\"cd'", "'PARTUUID=a*'",   "'PARTUUID=a|b'",
	"'PARTUUID=a?'",   "'PARTUUID=[a]'",	"\"PARTUUID=''\"", "'PARTUUID=\"\"'",
	"'/dev/disk/a\\'", "'/dev/disk/a|b'",
};

START_TEST(late_devices_do_not_change_a_rule)
{
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_(late_done) struct late late = { 0 };
	_cleanup_free_ char *yaml = NULL;
	struct fake_kernel fake;

	ck_assert_int_ge(asprintf(&yaml, "caches: [{name: a, source: %s, size: 1MiB}]",
				  unsafe_sources[_i]),
			 0);
	fake_init(&fake, GIB);
	fake_model(&desired, yaml);
	ck_assert_int_eq(late_look(&fake.sys, &desired, &late), 0);
	ck_assert_ptr_null(late.rules);
	fake_done(&fake);
}
END_TEST

START_TEST(no_rules_are_written_if_no_device_may_be_late)
{
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_(late_done) struct late late = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, GIB);
	fake_model(&desired, "ramdisks: [{name: rd0, size: 64MiB}]\n"
			     "caches: [{name: a, source: /dev/rd0, size: 1MiB}]");
	ck_assert_int_eq(late_look(&fake.sys, &desired, &late), 0);
	ck_assert_ptr_null(late.rules);
	fake_done(&fake);
}
END_TEST

static void add_late_disk(struct fake_kernel *fake, const char *diskseq)
{
	fake_set(fake, "sys/devices/vdb/dev", "8:16");
	fake_set(fake, "sys/devices/vdb/size", "2048");
	fake_set(fake, "sys/devices/vdb/diskseq", diskseq);
	fake_set(fake, "sys/devices/vdb/vdb1/dev", "8:17");
	fake_set(fake, "sys/devices/vdb/vdb1/size", "1024");
	fake_set(fake, "dev/vdb", "");
	fake_set(fake, "dev/vdb1", "");
	fake_link(fake, "sys/class/block/vdb", "/sys/devices/vdb");
	fake_link(fake, "sys/class/block/vdb1", "/sys/devices/vdb/vdb1");
	fake_link(fake, "sys/dev/block/8:16", "/sys/devices/vdb");
	fake_link(fake, "sys/dev/block/8:17", "/sys/devices/vdb/vdb1");
}

START_TEST(rules_start_no_run_for_a_device_that_the_run_has_seen)
{
	_cleanup_(device_numbers_done) struct device_numbers missed = { 0 };
	_cleanup_(model_done) struct model desired = { 0 };
	_cleanup_(late_done) struct late before = { 0 }, after = { 0 };
	struct fake_kernel fake;

	fake_init(&fake, GIB);
	fake_model(&desired, "caches: [{name: a, source: /dev/vdb1, size: 1MiB}]");
	ck_assert_int_eq(late_look(&fake.sys, &desired, &before), 0);
	ck_assert_ptr_nonnull(
		strstr(before.rules, "\nKERNEL==\"vdb1\", ENV{SYSTEMD_WANTS}"));
	ck_assert_int_eq(late_find_new(&fake.sys, &desired, &before, &missed), 0);
	ck_assert_uint_eq(missed.numbers.count, 0);

	add_late_disk(&fake, "17");
	ck_assert_int_eq(late_find_new(&fake.sys, &desired, &before, &missed), 0);
	ck_assert_uint_eq(missed.numbers.count, 1);
	ck_assert_uint_eq(missed.numbers.items[0], makedev(8, 17));
	device_numbers_done(&missed);
	missed = (struct device_numbers){ 0 };

	ck_assert_int_eq(late_look(&fake.sys, &desired, &after), 0);
	ck_assert_ptr_nonnull(
		strstr(after.rules,
		       "\nKERNEL==\"vdb1\", ENV{DISKSEQ}!=\"17\", ENV{SYSTEMD_WANTS}"));
	ck_assert_int_eq(late_find_new(&fake.sys, &desired, &after, &missed), 0);
	ck_assert_uint_eq(missed.numbers.count, 0);

	/* The same name, and another disk, or the same one once more. */
	fake_set(&fake, "sys/devices/vdb/diskseq", "18");
	ck_assert_int_eq(late_find_new(&fake.sys, &desired, &after, &missed), 0);
	ck_assert_uint_eq(missed.numbers.count, 1);
	/* A drive without a medium: the medium will have the same number on old kernels. */
	late_done(&after);
	fake_set(&fake, "sys/devices/vdb/vdb1/size", "0");
	ck_assert_int_eq(late_look(&fake.sys, &desired, &after), 0);
	ck_assert_str_eq(after.rules, before.rules);
	fake_done(&fake);
}
END_TEST

START_TEST(rules_are_replaced_and_removed_with_the_configuration)
{
	struct fake_kernel fake;

	fake_init(&fake, GIB);
	/* No udevd runs. */
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, "a\n"), 0);
	ck_assert_ptr_null(fake_get(&fake, UDEV_RULES_LATE));
	fake_set(&fake, "run/udev/control", "");
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, "a\n"), 1);
	ck_assert_str_eq(fake_get(&fake, UDEV_RULES_LATE), "a");
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, "ab\n"), 1);
	ck_assert_str_eq(fake_get(&fake, UDEV_RULES_LATE), "ab");
	/* The same rules are not written again: udevd would read all of its rules. */
	fake.sys.fault = (struct fault){ .mode = FAULT_FAIL, .at = 1, .error = -EIO };
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, "ab\n"), 0);
	fake.sys.fault = (struct fault){ 0 };
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, NULL), 1);
	ck_assert_ptr_null(fake_get(&fake, UDEV_RULES_LATE));
	ck_assert_int_eq(udev_rules_write(&fake.sys.kfs, NULL), 0);
	fake_done(&fake);
}
END_TEST

START_TEST(service_manager_is_notified_once)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_free_ char *dir = unit_dir();
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	char text[32];

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	notify_ready();
	notify_ready();
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), strlen("READY=1"));
	ck_assert_mem_eq(text, "READY=1", strlen("READY=1"));
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), -1);
}
END_TEST

Suite *suite_cache(void)
{
	Suite *suite =
		unit_suite("cache", ramdisk_goes_from_one_cache_to_another,
			   two_caches_swap_their_ramdisks, two_caches_swap_their_sources,
			   source_goes_from_a_cache_to_one_that_precedes_it,
			   swap_that_fails_half_way_leaves_both_names,
			   cache_that_leaves_its_ramdisk_to_nobody_is_not_released,
			   cache_over_a_ramdisk_of_the_same_file_needs_one_run,
			   ramdisk_below_a_cache_grows_with_its_cache,
			   replacement_that_fails_leaves_the_name,
			   cache_without_writable_memory_leaves_the_name,
			   cache_takes_the_disk_that_an_export_leaves,
			   disk_is_never_cached_while_its_export_is_open,
			   absent_source_takes_no_time_of_the_present_one,
			   wait_for_an_absent_source_leaves_time_before_the_deadline,
			   run_without_a_wait_does_not_wait,
			   failed_step_is_tried_once_more_at_the_end_of_the_wait,
			   late_devices_are_matched_by_udev,
			   no_rules_are_written_if_no_device_may_be_late,
			   rules_start_no_run_for_a_device_that_the_run_has_seen,
			   rules_are_replaced_and_removed_with_the_configuration,
			   service_manager_is_notified_once, NULL);

	unit_add_loop(suite, late_devices_do_not_change_a_rule,
		      ARRAY_SIZE(unsafe_sources));
	return suite;
}
