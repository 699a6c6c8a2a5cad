/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split a plan into what is possible and what waits, and merge the reports of both. */
#include "engine/rounds.h"

#include "base/macro.h"
#include "engine/judge.h"

#include <string.h>

/* --- the plan --- */

struct split {
	VEC(const struct report_entry *) failed;
	VEC(const struct obj *) staying; /* desired objects of steps that stay */
};

static bool has_failed(const struct split *split, const struct obj *obj)
{
	vec_foreach (entry, &split->failed) {
		if ((*entry)->class == obj->class && streq((*entry)->name, obj_name(obj)))
			return true;
	}
	return false;
}

static bool stays(const struct split *split, const struct plan_step *step)
{
	if (step->blocked || has_failed(split, plan_step_obj(step)))
		return true;
	vec_foreach (other, &split->staying) {
		if (step->want && judge_needs(step, *other))
			return true;
	}
	return false;
}

static int find_failed(const struct report *report, struct split *split)
{
	int r = 0;

	vec_foreach (entry, &report->entries) {
		if (r == 0 && entry->result != RESULT_DONE &&
		    entry->result != RESULT_UNCHANGED)
			r = vec_push(&split->failed, entry);
	}
	return r;
}

static int find_staying(const struct plan *plan, struct split *split, bool *ret_stays)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->steps.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];

		ret_stays[i] = stays(split, step);
		if (ret_stays[i] && step->want)
			r = vec_push(&split->staying, step->want);
	}
	return r;
}

static void move_ready(struct plan *plan, const bool *stays, struct plan *ready)
{
	size_t kept = 0;

	for (size_t i = 0; i < plan->steps.count; i++) {
		struct plan_step *step = &plan->steps.items[i];

		if (stays[i] || step->action == PLAN_NONE)
			plan->steps.items[kept++] = *step;
		else
			ready->steps.items[ready->steps.count++] = *step;
	}
	plan->steps.count = kept;
}

int rounds_take_ready(struct plan *plan, const struct report *report, struct plan *ready)
{
	size_t count = plan->steps.count;
	bool *stays = calloc(count + 1, sizeof(*stays));
	struct split split = { 0 };
	int r;

	ready->steps.items = calloc(count + 1, sizeof(*ready->steps.items));
	ready->steps.room = count + 1;
	r = stays && ready->steps.items ? find_failed(report, &split) : -ENOMEM;
	if (r == 0)
		r = find_staying(plan, &split, stays);
	if (r == 0)
		move_ready(plan, stays, ready);
	vec_done(&split.failed);
	vec_done(&split.staying);
	free(stays);
	return r;
}

/* --- the report --- */

static struct report_entry *find_entry(const struct report *report,
				       const struct report_entry *like)
{
	vec_foreach (entry, &report->entries) {
		/* An entry that was moved has no name. */
		if (entry->name && entry->class == like->class &&
		    streq(entry->name, like->name))
			return entry;
	}
	return NULL;
}

static void move_entry(struct report_entry *from, struct report *to)
{
	to->entries.items[to->entries.count++] = *from;
	*from = (struct report_entry){ 0 };
}

static void merge(struct report *report, struct report *round, struct report *merged)
{
	/* A removed object has no step in a later round. */
	vec_foreach (entry, &report->entries) {
		if (!find_entry(round, entry))
			move_entry(entry, merged);
	}
	vec_foreach (entry, &round->entries) {
		struct report_entry *earlier = find_entry(report, entry);

		move_entry(earlier && earlier->result == RESULT_DONE &&
					   entry->result == RESULT_UNCHANGED
				   ? earlier
				   : entry,
			   merged);
	}
}

int rounds_merge(struct report *report, struct report *round)
{
	size_t count = report->entries.count + round->entries.count;
	struct report merged = { 0 };

	if (report->entries.count > 0) {
		merged.entries.items = calloc(count, sizeof(*merged.entries.items));
		merged.entries.room = count;
		if (!merged.entries.items)
			return -ENOMEM;
		merge(report, round, &merged);
		vec_foreach (entry, &report->entries)
			report_entry_done(entry);
		vec_foreach (entry, &round->entries)
			report_entry_done(entry);
		vec_done(&report->entries);
		vec_done(&round->entries);
		report->entries.items = merged.entries.items;
		report->entries.count = merged.entries.count;
		report->entries.room = merged.entries.room;
		return 0;
	}
	vec_done(&report->entries);
	report->entries.items = round->entries.items;
	report->entries.count = round->entries.count;
	report->entries.room = round->entries.room;
	round->entries.items = NULL;
	vec_done(&round->entries);
	return 0;
}
