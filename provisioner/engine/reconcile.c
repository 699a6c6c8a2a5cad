/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe, plan, execute and verify, and wait for devices that may appear soon. */
#include "engine/reconcile.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "engine/modules.h"
#include "engine/planner.h"
#include "engine/rounds.h"
#include "engine/state.h"
#include "kind/kinds.h"
#include "sys/clock.h"
#include "sys/devices.h"
#include "sys/machine.h"
#include "sys/ramshare.h"

#include <limits.h>
#include <stdarg.h>

/* sysfs and udev may lag behind the write that changed a disk. */
#define VERIFY_TRIES   3
#define VERIFY_WAIT_MS 100

/* After each change udev briefly opens the disk to read its signatures. */
#define PASSING_WAIT_MS 1000
#define PASSING_POLL_MS 50
/* An event of udev ends the wait early; without udev the state is polled. */
#define ABSENT_POLL_MS 500
/* The time that a wait for absent devices leaves to the rest of the run: this part, at most. */
#define KEPT_PART   5
#define KEPT_MAX_MS 5000

static void set_failed(struct report *report, char *message)
{
	free(report->message);
	report->message = message;
	report->verdict = VERDICT_FAILED;
}

static _printf_(3, 4) int fail(struct report *report, int error, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	char *message = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&what, fmt, args);
	va_end(args);
	if (r == 0)
		r = str_format(&message, "%s: %s", what, strerror(-error));
	set_failed(report, r == 0 ? message : NULL);
	return error;
}

/* @why: the sentence of a kind; empty if memory ran out. */
static int fail_by(struct report *report, int error, const struct buf *why)
{
	const char *text = why->len > 0 ? why->data : strerror(-error);

	set_failed(report, strdup(text));
	return error;
}

int reconcile_observe(struct sys *sys, struct model *ret)
{
	const struct kind *kind;
	struct model observed = { 0 };
	int r = state_observe(sys, 0, &observed, &kind);

	users_done(&sys->users);
	if (r < 0) {
		model_done(&observed);
		return r;
	}
	*ret = observed;
	return 0;
}

/* Count @user, which leaves, as a holder that goes of all objects that it uses. */
static void mark_left(const struct model *observed, const struct obj *user)
{
	const struct kind_policy *policy = &kind_of(user->class)->policy;

	if (!policy->uses)
		return;
	vec_foreach (have, &observed->objs) {
		if ((*have)->holders > 0 && policy->uses(user, *have))
			(*have)->leaving_holders +=
				policy->holds ? policy->holds(user, *have) : 1;
	}
}

static void mark_leaving(const struct model *desired, const struct plan_policy *policy,
			 struct model *observed)
{
	vec_foreach (have, &observed->objs) {
		(*have)->leaves = planner_is_pruned(policy, desired, *have);
		(*have)->leaving_holders = 0;
	}
	vec_foreach (user, &observed->objs) {
		if ((*user)->leaves && !(*user)->in_use)
			mark_left(observed, *user);
	}
}

/*
 * Return the rank of the first kind that @plan changes. A run never changes an object of
 * a lower rank.
 */
static unsigned int first_changed(const struct plan *plan)
{
	unsigned int rank = UINT_MAX;

	vec_foreach (step, &plan->steps)
		if (step->action != PLAN_NONE && plan_step_obj(step)->class->rank < rank)
			rank = plan_step_obj(step)->class->rank;
	return rank;
}

/* One run of the pipeline. */
struct run {
	struct sys *sys;
	struct boot *boot;
	struct model *desired;
	struct plan_policy policy;
	const struct exec_watcher *watcher; /* may be NULL */
	struct report *report;
	bool no_wait;
};

/* @first: the changes of this run, which this plan checks; NULL: no change yet. */
static int look_and_plan(const struct run *run, const struct reconcile_outcome *first,
			 struct reconcile_outcome *ret)
{
	unsigned int rank = first ? first_changed(&first->plan) : 0;
	struct reconcile_outcome outcome = { 0 };
	const struct kind *kind = kinds[0];
	const struct obj *want = NULL;
	int r = first ? model_lend(&first->observed, rank, &outcome.observed) : 0;

	if (r == 0)
		r = state_observe(run->sys, rank, &outcome.observed, &kind);
	if (r < 0) {
		reconcile_outcome_done(&outcome);
		return fail(run->report, r, "cannot observe objects of kind '%s'%s",
			    kind->class->name, r == -EACCES ? " (run as root)" : "");
	}
	mark_leaving(run->desired, &run->policy, &outcome.observed);
	r = state_resolve(run->sys, run->boot, run->desired, &outcome.observed,
			  run->policy.stage, &want);
	if (r < 0)
		r = fail(run->report, r, "cannot resolve %s '%s'", want->class->name,
			 obj_name(want));
	else
		r = plan_build(run->desired, &outcome.observed, &run->policy,
			       &outcome.plan);
	if (r < 0) {
		reconcile_outcome_done(&outcome);
		return r;
	}
	*ret = outcome;
	return 0;
}

static struct report_entry *find_entry(struct report *report, const struct obj *obj)
{
	vec_foreach (entry, &report->entries) {
		if (entry->class == obj->class && streq(entry->name, obj_name(obj)))
			return entry;
	}
	return NULL;
}

/* Return the entry of a step that was done and is planned again, or NULL. */
static struct report_entry *contradicted(const struct plan_step *step,
					 struct report *report)
{
	struct report_entry *entry;

	if (step->action == PLAN_NONE)
		return NULL;
	entry = find_entry(report, plan_step_obj(step));
	return entry && (entry->result == RESULT_DONE ||
			 entry->result == RESULT_UNCHANGED)
		       ? entry
		       : NULL;
}

static bool is_contradicted(const struct plan *second, struct report *report)
{
	vec_foreach (step, &second->steps) {
		if (contradicted(step, report))
			return true;
	}
	return false;
}

static int note_contradictions(const struct plan *second, struct report *report)
{
	vec_foreach (step, &second->steps) {
		struct report_entry *entry = contradicted(step, report);

		if (!entry)
			continue;
		entry->result = RESULT_FAILED;
		free(entry->message);
		if (str_format(
			    &entry->message,
			    "not in sync after the run: a new plan would %s the object",
			    plan_action_name(step->action)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int verify(const struct run *run, const struct reconcile_outcome *first)
{
	for (unsigned int try = 1;; try++) {
		_cleanup_(reconcile_outcome_done) struct reconcile_outcome second = { 0 };
		int r = look_and_plan(run, first, &second);

		if (r < 0 || !is_contradicted(&second.plan, run->report))
			return r;
		if (try == VERIFY_TRIES)
			return note_contradictions(&second.plan, run->report);
		clock_sleep_ms(VERIFY_WAIT_MS);
	}
}

static int finish(struct report *report)
{
	char now[CLOCK_TEXT_MAX];

	if (report->verdict != VERDICT_FAILED)
		report_judge(report);
	free(report->finished_at);
	report->finished_at = strdup(clock_format_now(now));
	return report->finished_at ? 0 : -ENOMEM;
}

static void tell_wait(const struct exec_watcher *watcher, const struct plan_step *step)
{
	if (watcher && watcher->wait)
		watcher->wait(watcher->data, step);
}

static void forget(struct reconcile_outcome *outcome)
{
	reconcile_outcome_done(outcome);
	*outcome = (struct reconcile_outcome){ 0 };
}

/* No event announces that a device was closed. */
static bool may_still_pass(const struct sys *sys, uint64_t since_ms)
{
	uint64_t now = clock_now_ms();

	return now < sys->deadline_ms &&
	       (devices_are_pending(sys) || now - since_ms < PASSING_WAIT_MS);
}

/* Plan, and again while a step is blocked only by somebody who may be gone in a moment. */
static int plan_patiently(const struct run *run, struct reconcile_outcome *ret)
{
	uint64_t since_ms = clock_now_ms();

	for (;;) {
		int r = look_and_plan(run, NULL, ret);
		const struct plan_step *step =
			r == 0 ? plan_find_passing(&ret->plan) : NULL;

		if (!step || !may_still_pass(run->sys, since_ms))
			return r;
		tell_wait(run->watcher, step);
		forget(ret);
		clock_sleep_ms(PASSING_POLL_MS);
	}
}

static int execute(const struct run *run, struct reconcile_outcome *outcome)
{
	_cleanup_(buf_done) struct buf why = { 0 };
	int r;

	r = state_tidy(run->sys, &outcome->observed, &why);
	if (r < 0)
		return fail_by(run->report, r, &why);
	r = exec_run(run->sys, &outcome->plan, run->watcher, run->report);
	if (r == 0 && plan_has_changes(&outcome->plan))
		r = verify(run, outcome);
	return r;
}

/* Execute the plan with a report of its own, which is added to that of the run. */
static int execute_round(const struct run *run, struct reconcile_outcome *outcome)
{
	_cleanup_(report_done) struct report report = { 0 };
	struct run round = *run;
	int merged, r;

	round.report = &report;
	r = execute(&round, outcome);
	if (report.verdict == VERDICT_FAILED)
		set_failed(run->report, TAKE_PTR(report.message));
	merged = rounds_merge(run->report, &report);
	return r < 0 ? r : merged;
}

/* Execute what is possible now. Return: 1; 0: nothing is; -errno. */
static int execute_ready(const struct run *run, struct reconcile_outcome *outcome)
{
	struct plan ready = { 0 }, rest;
	int r = rounds_take_ready(&outcome->plan, run->report, &ready);

	if (r < 0 || ready.steps.count == 0) {
		plan_done(&ready);
		return r;
	}
	rest = outcome->plan;
	outcome->plan = ready;
	r = execute_round(run, outcome);
	plan_done(&rest);
	/* In an initramfs nobody waits for udev. */
	if (r == 0 && !run->sys->initramfs)
		exec_settle(run->sys);
	return r < 0 ? r : 1;
}

/*
 * Return the end of the wait for absent devices: udev and busy devices keep a part of the time
 * for the steps that follow the wait.
 */
static uint64_t end_of_wait(const struct run *run)
{
	uint64_t now = clock_now_ms(), kept;

	if (run->no_wait || run->sys->deadline_ms <= now)
		return 0;
	kept = (run->sys->deadline_ms - now) / KEPT_PART;
	return run->sys->deadline_ms - (kept < KEPT_MAX_MS ? kept : KEPT_MAX_MS);
}

/* udev announces a new device. */
static void wait_for_device(const struct run *run, uint64_t end_ms)
{
	uint64_t now = clock_now_ms();
	uint64_t left = end_ms > now ? end_ms - now : 0;

	devices_wait(run->sys, left < ABSENT_POLL_MS ? left : ABSENT_POLL_MS);
}

/*
 * Plan, execute what is possible, and plan again while a device is absent that may appear. *ret
 * is the plan of the last round.
 */
static int plan_in_rounds(const struct run *run, bool dry_run,
			  struct reconcile_outcome *ret)
{
	uint64_t since_ms = clock_now_ms(), end_ms = end_of_wait(run);
	int r;

	for (;;) {
		const struct plan_step *step;
		uint64_t now;

		r = plan_patiently(run, ret);
		now = clock_now_ms();
		step = r == 0 && now < end_ms
			       ? plan_find_absent(&ret->plan, now - since_ms)
			       : NULL;
		if (!step)
			break;
		r = dry_run ? 0 : execute_ready(run, ret);
		/* If no step was ready, the plan still has all of its steps. */
		if (r == 0)
			tell_wait(run->watcher, step);
		forget(ret);
		if (r < 0)
			break;
		if (r == 0)
			wait_for_device(run, end_ms);
	}
	tell_wait(run->watcher, NULL);
	return r;
}

static int run_all(struct run *run, bool dry_run, struct reconcile_outcome *outcome)
{
	_cleanup_(buf_done) struct buf why = { 0 };
	int r;

	r = machine_ram_bytes(&run->sys->kfs, &run->policy.ram_bytes);
	if (r < 0)
		return fail(run->report, r,
			    "cannot read the size of RAM from '/proc/meminfo'");
	if (model_has_shares(run->desired))
		model_resolve(
			run->desired,
			ramshare_bytes(&run->sys->kfs, run->policy.ram_bytes, !dry_run));
	r = state_prepare(run->sys, run->desired, &why);
	if (r < 0)
		return fail_by(run->report, r, &why);
	r = modules_want(run->desired, run->policy.stage);
	if (r == 0)
		r = plan_in_rounds(run, dry_run, outcome);
	if (r < 0)
		return r;
	return dry_run ? exec_report_pending(&outcome->plan, run->report)
		       : execute_round(run, outcome);
}

int reconcile_run(struct sys *sys, struct model *desired,
		  const struct reconcile_options *options,
		  const struct exec_watcher *watcher, struct report *report,
		  struct reconcile_outcome *ret)
{
	struct boot unknown = { 0 };
	struct run run = {
		.sys = sys,
		.boot = options->boot ? options->boot : &unknown,
		.desired = desired,
		.policy = { .prune = options->prune,
			    .adopt = options->adopt,
			    .disconnect = options->disconnect,
			    .stage = options->stage },
		.watcher = watcher,
		.report = report,
		.no_wait = options->no_wait,
	};
	int r, end;

	*ret = (struct reconcile_outcome){ 0 };
	r = run_all(&run, options->dry_run, ret);
	if (r < 0 && report->verdict != VERDICT_FAILED)
		fail(report, r, "cannot finish the run");
	end = finish(report);
	return r < 0 ? r : end;
}

void reconcile_outcome_done(struct reconcile_outcome *outcome)
{
	plan_done(&outcome->plan);
	model_done(&outcome->observed);
}
