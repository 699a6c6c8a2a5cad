/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/exec.h"

#include "base/cleanup.h"
#include "kind/kind.h"
#include "model/change.h"

/* --- the report's entry --- */

static int fill_changes(const struct plan_step *step, struct report_entry *entry)
{
	_cleanup_(changes_done) struct changes found = { 0 };
	size_t n = 0;
	int r;

	if (!step->changed)
		return 0;
	r = changes_find(step->have, step->want, step->changed, &found);
	if (r < 0)
		return r;
	entry->changes = calloc(found.changes.count * 3 + 1, sizeof(char *));
	if (!entry->changes)
		return -ENOMEM;
	vec_foreach (change, &found.changes) {
		entry->changes[n++] = TAKE_PTR(change->name);
		entry->changes[n++] = TAKE_PTR(change->from);
		entry->changes[n++] = TAKE_PTR(change->to);
	}
	return 0;
}

static int print_field(const struct obj *obj, unsigned int index, char **ret)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	field_print(obj, index, &text);
	return buf_take(&text, ret);
}

static bool is_shown(const struct obj *obj, unsigned int index)
{
	const struct field *field = &obj->class->fields[index];

	return field_is_key(field) && !(field->flags & FIELD_SECRET) &&
	       field_is_set(obj, index);
}

static int fill_wanted(const struct plan_step *step, struct report_entry *entry)
{
	const struct obj_class *class = entry->class;
	unsigned int n = 0;

	if (!step->want)
		return 0;
	for (unsigned int i = 0; i < class->field_count; i++)
		n += is_shown(step->want, i);
	entry->wanted = calloc(n + 1, sizeof(*entry->wanted));
	if (!entry->wanted)
		return -ENOMEM;
	n = 0;
	for (unsigned int i = 0; i < class->field_count; i++) {
		struct report_value *value = &entry->wanted[n];

		if (!is_shown(step->want, i))
			continue;
		if (print_field(step->want, i, &value->text) < 0)
			return -ENOMEM;
		value->field = class->fields[i].name;
		n++;
	}
	return 0;
}

/* The entry as it is before the step is tried. */
static int fill_entry(const struct plan_step *step, struct report_entry *ret)
{
	const struct obj *obj = plan_step_obj(step);
	struct report_entry entry = {
		.class = obj->class,
		.name = strdup(obj_name(obj)),
		.action = step->action,
		.result = step->action == PLAN_NONE ? RESULT_UNCHANGED
			  : step->deferred	    ? RESULT_DEFERRED
			  : step->blocked	    ? RESULT_BLOCKED
						    : RESULT_PENDING,
	};
	int r = entry.name ? 0 : -ENOMEM;

	if (r == 0 && step->blocked) {
		entry.reason = strdup(step->blocked);
		r = entry.reason ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = fill_changes(step, &entry);
	if (r == 0)
		r = fill_wanted(step, &entry);
	if (r < 0) {
		report_entry_done(&entry);
		return r;
	}
	*ret = entry;
	return 0;
}

/* --- the step --- */

static int replace(struct sys *sys, const struct kind *kind, const struct plan_step *step,
		   struct buf *why)
{
	int r = kind->remove(sys, step->have, why);

	return r < 0 ? r : kind->create(sys, step->want, why);
}

static int act(struct sys *sys, const struct plan_step *step, struct buf *why)
{
	const struct kind *kind = kind_of(plan_step_obj(step)->class);

	switch (step->action) {
	case PLAN_CREATE:
		return kind->create(sys, step->want, why);
	case PLAN_UPDATE:
		return kind->update(sys, step->have, step->want, step->changed, why);
	case PLAN_REPLACE:
		return replace(sys, kind, step, why);
	case PLAN_REMOVE:
		return kind->remove(sys, step->have, why);
	case PLAN_ADOPT:
		return kind->adopt(sys, step->have, why);
	case PLAN_RELEASE:
		return kind->release(sys, step->have, why);
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

/* What is not as it should be, and @step would put its object on. */
static const struct report_entry *missing_object(const struct kind *kind,
						 const struct plan_step *step,
						 const struct plan *plan,
						 const struct report *report)
{
	for (size_t i = 0; i < report->entries.count; i++) {
		const struct report_entry *entry = &report->entries.items[i];
		const struct obj *other = plan->steps.items[i].want;

		if (!is_missing(entry) || !other || !kind->uses(step->want, other))
			continue;
		/* Who stands on it already is worse off without the change. */
		if (!step->have || !kind->uses(step->have, other) ||
		    (kind->follows && kind->follows(step, other)))
			return entry;
	}
	return NULL;
}

/*
 * The entry of something that @step needs and that is not there; NULL: nothing is
 * missing. The report has an entry for each step of the plan that came before.
 */
static const struct report_entry *missing_need(const struct plan_step *step,
					       const struct plan *plan,
					       const struct report *report)
{
	const struct kind *kind = kind_of(plan_step_obj(step)->class);
	const struct report_entry *missing = NULL;

	/* What goes needs nothing. */
	if (!step->want)
		return NULL;
	missing = missing_module(step->want, report);
	if (!missing && kind->uses)
		missing = missing_object(kind, step, plan, report);
	return missing;
}

static int skip_step(const struct report_entry *missing, struct report_entry *entry)
{
	entry->result = RESULT_SKIPPED;
	if (asprintf(&entry->reason, "it needs %s '%s'", missing->class->name,
		     missing->name) < 0) {
		entry->reason = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* Say behind what went wrong what there is in its place. */
static int add_remark(char **text, const char *remark)
{
	char *both;

	if (asprintf(&both, "%s%s%s", *text ? *text : "", *text ? "; " : "", remark) < 0)
		return -ENOMEM;
	free(*text);
	*text = both;
	return 0;
}

/* What could not be made, though what it is to stand on is there and free. */
static bool can_fall_back(const struct plan_step *step, const struct report_entry *entry)
{
	return step->action == PLAN_CREATE && is_missing(entry) && !step->want->unmet &&
	       kind_of(step->want->class)->fall_back;
}

static int fall_back(struct sys *sys, const struct plan_step *step,
		     struct report_entry *entry)
{
	_cleanup_(buf_done) struct buf what = { 0 };
	_cleanup_free_ char *text = NULL;
	int r;

	/* Also where that fails, what it says is all that there is to be said. */
	(void)kind_of(step->want->class)->fall_back(sys, step->want, &what);
	r = buf_take(&what, &text);
	if (r < 0)
		return r;
	return add_remark(entry->message ? &entry->message : &entry->reason, text);
}

static bool is_opened_later(const struct plan_step *step)
{
	return step->want && kind_of(step->want->class)->open &&
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
		return skip_step(missing, entry);
	entry->error = act(sys, step, &why);
	entry->result = entry->error < 0	? RESULT_FAILED
			: is_opened_later(step) ? RESULT_PENDING
						: RESULT_DONE;
	return entry->error < 0 ? buf_take(&why, &entry->message) : 0;
}

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
 * Who asks for an export that is not there while another one of its port is, is told to
 * give up, and does (nvmf_should_reconnect()). So all that are made are opened in one go,
 * and all that are removed are closed in one go. And what one leaves, others may come to:
 * none is opened before all are closed.
 */
static int open_done(struct sys *sys, const struct plan *plan,
		     const struct exec_watcher *watcher, struct report *report,
		     size_t first)
{
	for (size_t i = first; i < report->entries.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];
		struct report_entry *entry = &report->entries.items[i];
		_cleanup_(buf_done) struct buf why = { 0 };

		if (entry->result != RESULT_PENDING)
			continue;
		begin(watcher, step);
		entry->error =
			kind_of(entry->class)->open(sys, step->have, step->want, &why);
		entry->result = entry->error < 0 ? RESULT_FAILED : RESULT_DONE;
		if (entry->error < 0 && buf_take(&why, &entry->message) < 0)
			return -ENOMEM;
		end(watcher, step, entry);
	}
	return 0;
}

static void close_changed(struct sys *sys, const struct plan *plan,
			  const struct report *report, size_t first)
{
	const struct obj_class *class = plan_step_obj(&plan->steps.items[first])->class;
	const struct kind *kind = kind_of(class);

	for (size_t i = first; kind->close && i < plan->steps.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];

		if (plan_step_obj(step)->class != class)
			break;
		if ((step->action == PLAN_REMOVE || step->action == PLAN_UPDATE ||
		     step->action == PLAN_REPLACE) &&
		    !step->blocked && !missing_need(step, plan, report))
			kind->close(sys, step->have, step->want);
	}
}

static void settle(struct sys *sys, const struct obj_class *class)
{
	if (class && kind_of(class)->settle)
		kind_of(class)->settle(sys);
}

static int run_entry(struct sys *sys, const struct plan *plan,
		     const struct plan_step *step, const struct exec_watcher *watcher,
		     struct report *report)
{
	struct report_entry entry;
	int r = fill_entry(step, &entry);

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
	int r = 0;

	for (size_t i = 0; r == 0 && i < plan->steps.count; i++) {
		const struct plan_step *step = &plan->steps.items[i];

		if (plan_step_obj(step)->class != class) {
			settle(sys, class);
			class = plan_step_obj(step)->class;
			r = open_done(sys, plan, watcher, report, first);
			close_changed(sys, plan, report, i);
			first = i;
		}
		if (r == 0)
			r = run_entry(sys, plan, step, watcher, report);
	}
	return r < 0 ? r : open_done(sys, plan, watcher, report, first);
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
		int r = fill_entry(step, &entry);

		if (r == 0)
			r = add_entry(report, &entry);
		if (r < 0)
			return r;
	}
	return 0;
}
