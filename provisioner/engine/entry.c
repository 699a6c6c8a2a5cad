/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fill the report's entry for a step with its changes or values, and add remarks. */
#include "engine/entry.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "model/change.h"

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

int entry_fill(const struct plan_step *step, struct report_entry *ret)
{
	const struct obj *obj = plan_step_obj(step);
	struct report_entry entry = {
		.class = obj->class,
		.name = strdup(obj_name(obj)),
		.action = step->action,
		.result = step->action == PLAN_NONE ? RESULT_UNCHANGED
			  : step->deferred	    ? RESULT_DEFERRED
			  : step->skipped	    ? RESULT_SKIPPED
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

int entry_skip(struct report_entry *entry, const struct report_entry *missing)
{
	entry->result = RESULT_SKIPPED;
	return str_format(&entry->reason, "needs %s '%s'", missing->class->name,
			  missing->name);
}

int entry_add_remark(struct report_entry *entry, const char *remark)
{
	char **text = entry->message ? &entry->message : &entry->reason, *both;
	int r = str_format(&both, "%s%s%s", *text ? *text : "", *text ? "; " : "",
			   remark);

	if (r < 0)
		return r;
	free(*text);
	*text = both;
	return 0;
}
