/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Execute the steps of a plan in order, and skip those whose needs failed. */
#include "engine/exec.h"

#include "base/cleanup.h"
#include "engine/entry.h"
#include "engine/judge.h"
#include "kind/kinds.h"
#include "sys/dm.h"

static int replace(struct sys *sys, const struct kind *kind, const struct plan_step *step,
		   struct buf *why)
{
	int r = kind->acts.remove(sys, step->have, why);

	if (r < 0)
		return r;
	r = kind->acts.create(sys, step->want, why);
	/* The removed object has left its name to nobody. */
	if (r < 0 && kind->acts.fall_back) {
		buf_add(why, "; ");
		(void)kind->acts.fall_back(sys, step->want, why); /* @why has it */
	}
	return r;
}

static int act(struct sys *sys, const struct plan_step *step, struct buf *why)
{
	const struct kind *kind = kind_of(plan_step_obj(step)->class);

	switch (step->action) {
	case PLAN_CREATE:
		return kind->acts.create(sys, step->want, why);
	case PLAN_UPDATE:
		return kind->acts.update(sys, step->have, step->want, step->changed, why);
	case PLAN_REPLACE:
		return replace(sys, kind, step, why);
	case PLAN_REMOVE:
		return kind->acts.remove(sys, step->have, why);
	case PLAN_ADOPT:
		return kind->acts.adopt(sys, step->have, why);
	case PLAN_RELEASE:
		return kind->acts.release(sys, step->have, why);
	case PLAN_NONE:
		break;
	}
	return 0;
}

static bool is_missing(const struct report_entry *entry)
{
	return entry->result == RESULT_FAILED || entry->result == RESULT_BLOCKED ||
	       entry->result == RESULT_SKIPPED;
}

static const struct report_entry *missing_module(const struct obj *want,
						 const struct report *report)
{
	/* Modules come first in a plan, and are few. */
	vec_foreach (entry, &report->entries) {
		if (entry->class != &module_class)
			break;
		if (is_missing(entry) && kind_needs_module(want, entry->name))
			return entry;
	}
	return NULL;
}

/* Find an object that @step needs and that is not in sync. */
static const struct report_entry *missing_object(const struct plan_step *step,
						 const struct plan *plan,
						 const struct report *report)
{
	for (size_t i = 0; i < report->entries.count; i++) {
		const struct report_entry *entry = &report->entries.items[i];
		const struct obj *other = plan->steps.items[i].want;

		if (is_missing(entry) && other && judge_needs(step, other))
			return entry;
	}
	return NULL;
}

/*
 * Return the entry of an object that @step needs and that is missing, or NULL. The report
 * has an entry for each previous step of the plan.
 */
static const struct report_entry *missing_need(const struct plan_step *step,
					       const struct plan *plan,
					       const struct report *report)
{
	const struct report_entry *missing = NULL;

	/* A removal needs nothing. */
	if (!step->want)
		return NULL;
	missing = missing_module(step->want, report);
	return missing ? missing : missing_object(step, plan, report);
}

/* True if an object was not created although its needs, or those of its substitute, are met. */
static bool can_fall_back(const struct plan_step *step, const struct report_entry *entry)
{
	return step->action == PLAN_CREATE && is_missing(entry) &&
	       (!step->want->unmet || step->want->falls_back) &&
	       kind_of(step->want->class)->acts.fall_back;
}

static int fall_back(struct sys *sys, const struct plan_step *step,
		     struct report_entry *entry)
{
	_cleanup_(buf_done) struct buf what = { 0 };
	_cleanup_free_ char *text = NULL;
	int r;

	/* On failure @what already holds the message; the return value adds nothing. */
	(void)kind_of(step->want->class)->acts.fall_back(sys, step->want, &what);
	r = buf_take(&what, &text);
	if (r < 0)
		return r;
	return entry_add_remark(entry, text);
}

static bool is_opened_later(const struct plan_step *step)
{
	return step->want && kind_of(step->want->class)->acts.open &&
	       (step->action == PLAN_CREATE || step->action == PLAN_UPDATE ||
		step->action == PLAN_REPLACE);
}

static int run_step(struct sys *sys, const struct plan *plan,
		    const struct plan_step *step, const struct report *report,
		    struct report_entry *entry)
{
	const struct report_entry *missing = missing_need(step, plan, report);
	_cleanup_(buf_done) struct buf why = { 0 };

	if (missing)
		return entry_skip(entry, missing);
	entry->error = act(sys, step, &why);
	entry->result = entry->error < 0	? RESULT_FAILED
			: is_opened_later(step) ? RESULT_PENDING
						: RESULT_DONE;
	return entry->error < 0 ? buf_take(&why, &entry->message) : 0;
}

/* exec_run() has made room. */
static int add_entry(struct report *report, struct report_entry *entry)
{
	int r = vec_push(&report->entries, *entry);

	if (r < 0)
		report_entry_done(entry);
	return r;
}

static void begin(const struct exec_watcher *watcher, const struct plan_step *step)
{
	if (watcher && watcher->begin)
		watcher->begin(watcher->data, step);
}

static void end(const struct exec_watcher *watcher, const struct plan_step *step,
		const struct report_entry *entry)
{
	if (watcher && watcher->end)
		watcher->end(watcher->data, step, entry);
}

/*
 * If a host asks for an absent export while its port serves another one, the kernel tells
 * the host to give up (nvmf_should_reconnect()). Therefore all created exports are opened
 * together, and all removed ones are closed together. An update may need what another one
 * leaves, so all are closed before any is opened.
 */
static int open_done(struct sys *sys, const struct plan *plan,
		     const struct exec_watcher *watcher, struct report *report,
		     size_t first)
{
	int r = 0;

	for (size_t i = first; i < report->entries.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];
		struct report_entry *entry = &report->entries.items[i];
		_cleanup_(buf_done) struct buf why = { 0 };

		if (entry->result != RESULT_PENDING)
			continue;
		begin(watcher, step);
		entry->error = kind_of(entry->class)
				       ->acts.open(sys, step->have, step->want, &why);
		entry->result = entry->error < 0 ? RESULT_FAILED : RESULT_DONE;
		if (entry->error < 0 && buf_take(&why, &entry->message) < 0)
			r = -ENOMEM;
		end(watcher, step, entry);
	}
	return r;
}

static void close_changed(struct sys *sys, const struct plan *plan,
			  const struct report *report, size_t first)
{
	const struct obj_class *class = plan_step_obj(&plan->steps.items[first])->class;
	const struct kind *kind = kind_of(class);

	for (size_t i = first; i < plan->steps.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];
		_cleanup_(buf_done) struct buf why = { 0 };

		if (plan_step_obj(step)->class != class)
			break;
		if ((step->action != PLAN_REMOVE && step->action != PLAN_UPDATE &&
		     step->action != PLAN_REPLACE) ||
		    step->blocked || missing_need(step, plan, report))
			continue;
		/* If this fails, so do the steps that need what @have has. */
		if (step->yields && step->action == PLAN_REPLACE)
			(void)kind->acts.remove(sys, step->have, &why);
		else if (step->yields)
			(void)kind->acts.release(sys, step->have, &why);
		if (kind->acts.close)
			kind->acts.close(sys, step->have, step->want);
	}
}

static void settle(struct sys *sys, const struct obj_class *class)
{
	if (class && kind_of(class)->acts.settle)
		kind_of(class)->acts.settle(sys);
}

static int run_entry(struct sys *sys, const struct plan *plan,
		     const struct plan_step *step, const struct exec_watcher *watcher,
		     struct report *report)
{
	struct report_entry entry;
	int r = entry_fill(step, &entry);

	if (r < 0)
		return r;
	if (entry.result == RESULT_PENDING) {
		begin(watcher, step);
		r = run_step(sys, plan, step, report, &entry);
	}
	if (r == 0 && can_fall_back(step, &entry))
		r = fall_back(sys, step, &entry);
	if (r < 0) {
		report_entry_done(&entry);
		return r;
	}
	end(watcher, step, &entry);
	return add_entry(report, &entry);
}

int exec_run(struct sys *sys, const struct plan *plan, const struct exec_watcher *watcher,
	     struct report *report)
{
	const struct obj_class *class = NULL;
	size_t first = 0; /* of the steps that are about one class */
	/* An object without an entry would be created, and never opened. */
	int opened, r = vec_reserve(&report->entries, plan->steps.count);

	for (size_t i = 0; r == 0 && i < plan->steps.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];

		if (plan_step_obj(step)->class != class) {
			settle(sys, class);
			class = plan_step_obj(step)->class;
			r = open_done(sys, plan, watcher, report, first);
			first = i;
			if (r == 0)
				close_changed(sys, plan, report, first);
		}
		if (r == 0)
			r = run_entry(sys, plan, step, watcher, report);
	}
	/* Also without memory, all that is closed is opened again. */
	opened = open_done(sys, plan, watcher, report, first);
	return r < 0 ? r : opened;
}

bool exec_is_settled(const struct sys *sys)
{
	return sys->dm->is_settled(sys);
}

void exec_settle(struct sys *sys)
{
	for (const struct kind *const *kind = kinds; *kind; kind++)
		settle(sys, (*kind)->class);
}

int exec_report_pending(const struct plan *plan, struct report *report)
{
	vec_foreach (step, &plan->steps) {
		struct report_entry entry;
		int r = entry_fill(step, &entry);

		if (r == 0)
			r = add_entry(report, &entry);
		if (r < 0)
			return r;
	}
	return 0;
}
