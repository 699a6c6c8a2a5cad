/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/cleanup.h"
#include "engine/planner.h"
#include "engine/reconcile.h"
#include "fake_kernel.h"
#include "kind/kinds.h"
#include "kind/module/module.h"
#include "kind/ramdisk/ramdisk.h"
#include "unit.h"

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)

/* One machine, one file, one plan. */
struct bench {
	struct fake_kernel fake;
	struct model desired, observed;
	struct plan plan;
	struct plan_policy policy;
};

static void bench_init(struct bench *b)
{
	*b = (struct bench){ .policy = { .prune = true, .ram_bytes = 16 * GIB } };
	fake_init(&b->fake, 16 * GIB);
	fake_load_module(&b->fake);
}

static void bench_done(struct bench *b)
{
	plan_done(&b->plan);
	model_done(&b->desired);
	model_done(&b->observed);
	fake_done(&b->fake);
}

static void bench_plan(struct bench *b, const char *yaml)
{
	fake_model(&b->desired, yaml);
	model_resolve(&b->desired, b->policy.ram_bytes);
	ck_assert_int_eq(reconcile_observe(&b->fake.sys, &b->observed), 0);
	ck_assert_int_eq(plan_build(&b->desired, &b->observed, &b->policy, &b->plan), 0);
}

static const struct plan_step *step_of(const struct bench *b, const char *name)
{
	vec_foreach (step, &b->plan.steps) {
		if (streq(obj_name(plan_step_obj(step)), name))
			return step;
	}
	return NULL;
}

/* Each row: what is live, what is wanted, and what has to come of rd1. */
static const struct {
	const char *sentence;
	const char *yaml;
	uint64_t live_bytes; /* 0: not there */
	const char *owner;
	const char *attribute, *value; /* changed on the live disk; NULL: none */
	bool mounted, adopt;
	enum plan_action action;
	const char *blocked; /* a part of the reason; NULL: not blocked */
	const char *loss;
} cases[] = {
	{ .sentence = "creates what is not there",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .action = PLAN_CREATE },
	{ .sentence = "does nothing where all is as wanted",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_NONE },
	{ .sentence = "grows in use",
	  .yaml = "ramdisks: [{name: rd1, size: 2GiB}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .mounted = true,
	  .action = PLAN_UPDATE },
	{ .sentence = "shrinks only where the content may go",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .live_bytes = 2 * GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_UPDATE,
	  .blocked = "on_change: replace",
	  .loss = "the data beyond 1GiB" },
	{ .sentence = "shrinks where the content may go",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, on_change: replace}]",
	  .live_bytes = 2 * GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_UPDATE,
	  .loss = "the data beyond 1GiB" },
	{ .sentence = "never shrinks in use",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, on_change: replace}]",
	  .live_bytes = 2 * GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .mounted = true,
	  .action = PLAN_UPDATE,
	  .blocked = "mounted on '/mnt'",
	  .loss = "the data beyond 1GiB" },
	{ .sentence = "never makes a mounted disk read-only",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, read_only: true}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .mounted = true,
	  .action = PLAN_UPDATE,
	  .blocked = "read-only only while" },
	{ .sentence = "makes a free disk read-only",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, read_only: true}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_UPDATE },
	{ .sentence = "replaces for an immutable field only where allowed",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, numa_node: 0}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .attribute = "rapiddisk/used_bytes",
	  .value = "314572800",
	  .action = PLAN_REPLACE,
	  .blocked = "would lose 300MiB of data",
	  .loss = "300MiB of data" },
	{ .sentence = "replaces for an immutable field where allowed",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, numa_node: 0, on_change: replace}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_REPLACE,
	  .loss = "its content" },
	{ .sentence = "never replaces what is in use",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB, numa_node: 0, on_change: replace}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .mounted = true,
	  .action = PLAN_REPLACE,
	  .blocked = "mounted on '/mnt'" },
	{ .sentence = "does not compare what the file leaves open",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .attribute = "rapiddisk/numa_node",
	  .value = "1",
	  .action = PLAN_NONE },
	{ .sentence = "removes what is ours and not wanted",
	  .yaml = "ramdisks: []",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_REMOVE },
	{ .sentence = "never removes what is in use",
	  .yaml = "ramdisks: []",
	  .live_bytes = GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .mounted = true,
	  .action = PLAN_REMOVE,
	  .blocked = "mounted on '/mnt'" },
	{ .sentence = "says that a foreign disk is in the way",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .live_bytes = GIB,
	  .owner = "",
	  .action = PLAN_ADOPT,
	  .blocked = "run with --adopt" },
	{ .sentence = "adopts a foreign disk that matches",
	  .yaml = "ramdisks: [{name: rd1, size: 1GiB}]",
	  .live_bytes = GIB,
	  .owner = "",
	  .adopt = true,
	  .action = PLAN_ADOPT },
	{ .sentence = "does not adopt a foreign disk that differs",
	  .yaml = "ramdisks: [{name: rd1, size: 2GiB}]",
	  .live_bytes = GIB,
	  .owner = "someone",
	  .adopt = true,
	  .action = PLAN_ADOPT,
	  .blocked = "size is 1GiB, not 2GiB" },
	{ .sentence = "says how much RAM is missing",
	  .yaml = "ramdisks: [{name: rd1, size: 15GiB}]",
	  .action = PLAN_CREATE,
	  .blocked = "needs 15GiB of RAM, but 14.4GiB is available" },
	{ .sentence = "never blocks a live disk for want of RAM",
	  .yaml = "ramdisks: [{name: rd1, size: 20GiB}]",
	  .live_bytes = 20 * GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_NONE },
	{ .sentence = "asks only for the growth when it grows",
	  .yaml = "ramdisks: [{name: rd1, size: 14GiB}]",
	  .live_bytes = 10 * GIB,
	  .owner = RAMDISK_OWNER_TAG,
	  .action = PLAN_UPDATE },
};

START_TEST(plan_of_one_disk)
{
	struct bench b;
	const struct plan_step *step;
	const char *name = cases[_i].sentence;

	bench_init(&b);
	b.policy.adopt = cases[_i].adopt;
	if (cases[_i].live_bytes)
		fake_attach(&b.fake, 1, cases[_i].live_bytes, cases[_i].owner);
	if (cases[_i].attribute) {
		char path[64];

		snprintf(path, sizeof(path), "sys/block/rd1/%s", cases[_i].attribute);
		fake_set(&b.fake, path, cases[_i].value);
	}
	if (cases[_i].mounted)
		fake_mount(&b.fake, 1, "/mnt");
	bench_plan(&b, cases[_i].yaml);

	step = step_of(&b, "rd1");
	ck_assert_msg(step, "%s: no step", name);
	ck_assert_msg(step->action == cases[_i].action, "%s: action is %s", name,
		      plan_action_name(step->action));
	if (cases[_i].blocked)
		ck_assert_msg(step->blocked && strstr(step->blocked, cases[_i].blocked),
			      "%s: blocked is '%s'", name,
			      step->blocked ? step->blocked : "");
	else
		ck_assert_msg(!step->blocked, "%s: blocked: %s", name, step->blocked);
	if (cases[_i].loss)
		ck_assert_msg(step->loss && streq(step->loss, cases[_i].loss),
			      "%s: loss is '%s'", name, step->loss ? step->loss : "");
	bench_done(&b);
}
END_TEST

START_TEST(plan_leaves_foreign_disks_alone)
{
	struct bench b;

	bench_init(&b);
	fake_attach(&b.fake, 1, GIB, "");
	fake_attach(&b.fake, 2, GIB, "other-tool");
	bench_plan(&b, "ramdisks: []");
	ck_assert_uint_eq(b.plan.steps.count, 0);
	bench_done(&b);
}
END_TEST

START_TEST(plan_without_pruning_removes_nothing)
{
	struct bench b;

	bench_init(&b);
	b.policy.prune = false;
	fake_attach(&b.fake, 1, GIB, RAMDISK_OWNER_TAG);
	bench_plan(&b, "ramdisks: []");
	ck_assert_uint_eq(b.plan.steps.count, 0);
	bench_done(&b);
}
END_TEST

/* Each file lists other objects than RAM disks, or lists RAM disks in comments alone. */
static const char *const silent_on_ramdisks[] = {
	"caches: []",
	"exports: []",
	"hosts: []\nports: []",
	"ramdisks:\ncaches: []",
	"ramdisks: # - {name: rd1, size: 1GiB}\nexports: []",
	"status: {}",
};

START_TEST(plan_removes_nothing_of_a_section_that_is_absent)
{
	struct bench b;

	bench_init(&b);
	fake_attach(&b.fake, 1, GIB, RAMDISK_OWNER_TAG);
	bench_plan(&b, silent_on_ramdisks[_i]);
	ck_assert_msg(b.plan.steps.count == 0, "%s", silent_on_ramdisks[_i]);
	bench_done(&b);
}
END_TEST

START_TEST(plan_removes_in_reverse_and_before_it_creates)
{
	static const char *const expected[] = { "rd10", "rd2", "rd7", "rd3" };
	struct bench b;

	bench_init(&b);
	fake_attach(&b.fake, 2, GIB, RAMDISK_OWNER_TAG);
	fake_attach(&b.fake, 10, GIB, RAMDISK_OWNER_TAG);
	bench_plan(&b, "ramdisks: [{name: rd7, size: 1MiB}, {name: rd3, size: 1MiB}]");
	ck_assert_uint_eq(b.plan.steps.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		ck_assert_str_eq(obj_name(plan_step_obj(&b.plan.steps.items[i])),
				 expected[i]);
	bench_done(&b);
}
END_TEST

START_TEST(plan_gives_ram_in_the_order_of_the_file)
{
	struct bench b;

	bench_init(&b);
	bench_plan(&b, "ramdisks: [{name: rd0, size: 10GiB}, {name: rd1, size: 10GiB}, "
		       "{name: rd2, size: 4GiB}]");
	ck_assert_ptr_null(step_of(&b, "rd0")->blocked);
	ck_assert_ptr_nonnull(step_of(&b, "rd1")->blocked);
	ck_assert_ptr_null(step_of(&b, "rd2")->blocked);
	ck_assert(plan_has_changes(&b.plan));
	bench_done(&b);
}
END_TEST

START_TEST(plan_counts_the_ram_of_foreign_disks)
{
	struct bench b;

	bench_init(&b);
	fake_attach(&b.fake, 5, 10 * GIB, "");
	bench_plan(&b, "ramdisks: [{name: rd0, size: 5GiB}]");
	ck_assert_ptr_nonnull(step_of(&b, "rd0")->blocked);
	bench_done(&b);
}
END_TEST

START_TEST(plan_reuses_the_ram_of_what_it_removes)
{
	struct bench b;

	bench_init(&b);
	fake_attach(&b.fake, 5, 10 * GIB, RAMDISK_OWNER_TAG);
	bench_plan(&b, "ramdisks: [{name: rd0, size: 12GiB}]");
	ck_assert_ptr_null(step_of(&b, "rd0")->blocked);
	bench_done(&b);
}
END_TEST

START_TEST(margin_is_a_tenth_and_64_mib_at_least)
{
	ck_assert_uint_eq(planner_margin(100 * GIB), 10 * GIB);
	ck_assert_uint_eq(planner_margin(256 * MIB), 64 * MIB);
}
END_TEST

START_TEST(each_kind_stands_at_the_rank_of_its_class)
{
	for (unsigned int rank = 0; rank < RANK_END; rank++) {
		ck_assert_ptr_nonnull(kinds[rank]);
		ck_assert_uint_eq(kinds[rank]->class->rank, rank);
		ck_assert_ptr_eq(kind_classes[rank], kinds[rank]->class);
	}
	ck_assert_ptr_null(kinds[RANK_END]);
}
END_TEST

/* A module that is missing there would never be loaded. */
START_TEST(each_module_of_a_kind_is_known)
{
	for (const struct kind *const *kind = kinds; *kind; kind++) {
		const char *const *name = (*kind)->modules;

		for (; name && *name; name++) {
			const char *const *known = module_names;

			while (*known && !streq(*known, *name))
				known++;
			ck_assert_msg(*known, "%s of %s", *name, (*kind)->class->name);
		}
	}
}
END_TEST

Suite *suite_planner(void)
{
	Suite *suite = suite_create("planner");
	TCase *tcase = tcase_create("plan");

	tcase_add_loop_test(tcase, plan_of_one_disk, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, plan_leaves_foreign_disks_alone);
	tcase_add_test(tcase, plan_without_pruning_removes_nothing);
	tcase_add_loop_test(tcase, plan_removes_nothing_of_a_section_that_is_absent, 0,
			    ARRAY_SIZE(silent_on_ramdisks));
	tcase_add_test(tcase, plan_removes_in_reverse_and_before_it_creates);
	tcase_add_test(tcase, plan_gives_ram_in_the_order_of_the_file);
	tcase_add_test(tcase, plan_counts_the_ram_of_foreign_disks);
	tcase_add_test(tcase, plan_reuses_the_ram_of_what_it_removes);
	tcase_add_test(tcase, margin_is_a_tenth_and_64_mib_at_least);
	tcase_add_test(tcase, each_kind_stands_at_the_rank_of_its_class);
	tcase_add_test(tcase, each_module_of_a_kind_is_known);
	suite_add_tcase(suite, tcase);
	return suite;
}
