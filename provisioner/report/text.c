/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Print plans, reports, the status and configurations as text. */
#include "report/text.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/visible.h"
#include "model/change.h"

enum look { LOOK_NONE, LOOK_ADD, LOOK_CHANGE, LOOK_REMOVE, LOOK_BLOCKED, LOOK_COUNT };

static const char *const look_codes[LOOK_COUNT] = {
	[LOOK_ADD] = "\033[32m",
	[LOOK_CHANGE] = "\033[33m",
	[LOOK_REMOVE] = "\033[31m",
	[LOOK_BLOCKED] = "\033[1;35m",
};

static const struct {
	const char *sign;
	enum look look;
} signs[] = {
	[PLAN_NONE] = { " ", LOOK_NONE },      [PLAN_CREATE] = { "+", LOOK_ADD },
	[PLAN_UPDATE] = { "~", LOOK_CHANGE },  [PLAN_REPLACE] = { "-/+", LOOK_REMOVE },
	[PLAN_REMOVE] = { "-", LOOK_REMOVE },  [PLAN_ADOPT] = { "~", LOOK_CHANGE },
	[PLAN_RELEASE] = { "~", LOOK_CHANGE },
};

static void start(FILE *out, bool color, enum look look)
{
	if (color && look_codes[look])
		fputs(look_codes[look], out);
}

static void stop(FILE *out, bool color)
{
	if (color)
		fputs("\033[0m", out);
}

static void print_value(FILE *out, const struct obj *obj, unsigned int index)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (obj && field_is_set(obj, index))
		field_print(obj, index, &text);
	visible_print(out, "%s", text.data ? text.data : "unset");
}

/* --- the diff --- */

static void print_new_fields(FILE *out, const struct obj *want)
{
	const struct obj_class *class = want->class;

	for (unsigned int i = 0; i < class->field_count; i++) {
		if (class->fields[i].flags &
			    (FIELD_KEY | FIELD_POLICY | FIELD_LIVE | FIELD_DERIVED) ||
		    !field_is_set(want, i) || field_is_default(want, i))
			continue;
		fprintf(out, "    %s: ", class->fields[i].name);
		print_value(out, want, i);
		fputc('\n', out);
	}
}

static void print_changed_fields(FILE *out, const struct plan_step *step)
{
	_cleanup_(changes_done) struct changes found = { 0 };

	/* Without memory the step's own line is all there is. */
	if (changes_find(step->have, step->want, step->changed, &found) < 0)
		return;
	vec_foreach (change, &found.changes) {
		visible_print(out, "    %s: %s -> %s", change->name,
			      change->from[0] ? change->from : "unset",
			      change->to[0] ? change->to : "unset");
		fputc('\n', out);
	}
}

/* Print the remark that follows the object's name. */
static void print_remark(FILE *out, const struct plan_step *step,
			 const struct report_entry *entry)
{
	if (step->deferred)
		visible_print(out, ": %s", step->blocked);
	else if (entry && entry->message)
		visible_print(out, ": %s", entry->message);
	else if (entry && entry->reason)
		visible_print(out, ": not %s: %s",
			      step->action == PLAN_ADOPT    ? "touched"
			      : step->action == PLAN_REMOVE ? "removed"
			      : step->action == PLAN_CREATE ? "created"
							    : "changed",
			      entry->reason);
	else if (step->action == PLAN_RELEASE)
		visible_print(out,
			      "  (%s off, for it is %s: it passes everything through)",
			      entry ? "switched" : "switches", step->have->in_use);
	else if (step->loss)
		visible_print(out, "  (%s %s)", entry ? "lost" : "loses", step->loss);
	else if (step->action == PLAN_ADOPT)
		fputs("  (taken over)", out);
}

static void print_step(FILE *out, bool color, const struct plan_step *step,
		       const struct report_entry *entry)
{
	const struct obj *obj = plan_step_obj(step);
	bool bad = entry->result == RESULT_FAILED || entry->result == RESULT_BLOCKED ||
		   entry->result == RESULT_SKIPPED;
	const char *sign = bad ? "!" : signs[step->action].sign;

	start(out, color, bad ? LOOK_BLOCKED : signs[step->action].look);
	fprintf(out, "%s %s", sign, obj->class->name);
	if (!obj->class->single)
		visible_print(out, " %s", obj_name(obj));
	stop(out, color);
	print_remark(out, step, entry->result == RESULT_PENDING ? NULL : entry);
	fputc('\n', out);
	if (step->changed)
		print_changed_fields(out, step);
	else if (step->action == PLAN_CREATE && !bad)
		print_new_fields(out, step->want);
}

void text_print_step(FILE *out, bool color, const struct plan_step *step,
		     const struct report_entry *entry)
{
	struct report_entry planned = {
		.result = step->deferred  ? RESULT_DEFERRED
			  : step->blocked ? RESULT_BLOCKED
					  : RESULT_PENDING,
		.reason = step->blocked,
	};

	if (step->action != PLAN_NONE)
		print_step(out, color, step, entry ? entry : &planned);
}

/* --- summaries --- */

struct count {
	unsigned int actions[PLAN_RELEASE + 1];
	unsigned int deferred, blocked, failed, skipped;
};

static void print_count(FILE *out, unsigned int n, const char *what, bool *first)
{
	if (n == 0)
		return;
	fprintf(out, "%s%u %s", *first ? "" : ", ", n, what);
	*first = false;
}

static void print_counts(FILE *out, const struct count *count, const char *to)
{
	static const char *const words[][2] = {
		[PLAN_CREATE] = { "create", "created" },
		[PLAN_UPDATE] = { "change", "changed" },
		[PLAN_REPLACE] = { "replace", "replaced" },
		[PLAN_REMOVE] = { "remove", "removed" },
		[PLAN_ADOPT] = { "adopt", "adopted" },
		[PLAN_RELEASE] = { "switch off", "switched off" },
	};
	bool first = true;

	for (unsigned int i = PLAN_CREATE; i <= PLAN_RELEASE; i++) {
		char what[16];

		snprintf(what, sizeof(what), "%s%s", to, words[i][to[0] == '\0']);
		print_count(out, count->actions[i], what, &first);
	}
	print_count(out, count->deferred, "at the next boot", &first);
	print_count(out, count->blocked, "blocked", &first);
	print_count(out, count->failed, "failed", &first);
	print_count(out, count->skipped, "skipped", &first);
	fputs(".\n", out);
}

void text_print_plan(FILE *out, bool color, const struct plan *plan)
{
	struct count count = { 0 };
	bool any = false;

	vec_foreach (step, &plan->steps) {
		text_print_step(out, color, step, NULL);
		any |= step->action != PLAN_NONE;
		if (step->deferred)
			count.deferred++;
		else if (step->blocked)
			count.blocked++;
		else
			count.actions[step->action]++;
	}
	if (!any) {
		fputs("converged\n", out);
		return;
	}
	fputs("Plan: ", out);
	print_counts(out, &count, "to ");
}

void text_print_summary(FILE *out, bool color, const struct report *report)
{
	struct count count = { 0 };

	(void)color;
	if (report->verdict == VERDICT_CONVERGED)
		return;
	vec_foreach (entry, &report->entries) {
		if (entry->result == RESULT_DONE)
			count.actions[entry->action]++;
		else if (entry->result == RESULT_DEFERRED)
			count.deferred++;
		else if (entry->result == RESULT_BLOCKED)
			count.blocked++;
		else if (entry->result == RESULT_FAILED)
			count.failed++;
		else if (entry->result == RESULT_SKIPPED)
			count.skipped++;
	}
	fputs("Applied: ", out);
	print_counts(out, &count, "");
}

void text_print_valid(FILE *out, const struct model *desired,
		      const struct obj_class *const *classes)
{
	bool first = true;

	fputs("valid: ", out);
	for (; *classes; classes++) {
		size_t count;

		(void)model_list(desired, *classes, &count);
		if (count == 0 || !(*classes)->section)
			continue;
		fprintf(out, "%s%zu %s%s", first ? "" : ", ", count, (*classes)->name,
			count == 1 ? "" : "s");
		first = false;
	}
	fputs(first ? "no objects\n" : "\n", out);
}

/* --- the status --- */

static void add_cell(const struct obj *obj, unsigned int column, struct buf *out)
{
	unsigned int fields = obj->class->field_count;
	char size[UNITS_SIZE_MAX];

	if (column == fields)
		buf_add(out, obj->owner == OWNER_OURS ? "rapiddisk" : "other");
	else if (column == fields + 1)
		buf_add(out, obj->in_use ? obj->in_use : "-");
	else if (!field_is_set(obj, column))
		buf_add(out, "-");
	else if (obj->class->fields[column].flags & FIELD_LIVE &&
		 obj->class->fields[column].type == FIELD_SIZE)
		buf_add(out,
			units_format_size_approx(field_size(obj, column)->bytes, size));
	else
		field_print(obj, column, out);
}

/* Append the text of a cell as it is printed, so that its length is its width. */
static void cell_text(const struct obj *obj, unsigned int column, struct buf *out)
{
	_cleanup_(buf_done) struct buf cell = { 0 };

	add_cell(obj, column, &cell);
	if (cell.data)
		visible_add(out, cell.data, cell.len);
}

static const char *column_title(const struct obj_class *class, unsigned int column)
{
	return column == class->field_count	  ? "owner"
	       : column == class->field_count + 1 ? "in use"
						  : class->fields[column].name;
}

/* @without: flags of the fields that are no columns. */
static bool is_column(const struct obj_class *class, unsigned int column,
		      unsigned int without)
{
	return column >= class->field_count || !(class->fields[column].flags & without);
}

/* Column by column: the width of each is known once all its cells are. */
static void print_table(FILE *out, bool color, unsigned int without,
			struct obj *const *objs, size_t count)
{
	const struct obj_class *class = objs[0]->class;
	unsigned int columns = class->field_count + 2;
	int widths[64 + 2] = { 0 };

	for (unsigned int c = 0; c < columns; c++) {
		widths[c] = (int)strlen(column_title(class, c));
		for (size_t i = 0; i < count; i++) {
			_cleanup_(buf_done) struct buf cell = { 0 };

			cell_text(objs[i], c, &cell);
			if ((int)cell.len > widths[c])
				widths[c] = (int)cell.len;
		}
	}
	if (color)
		fputs("\033[1m", out);
	for (unsigned int c = 0; c < columns; c++)
		if (is_column(class, c, without))
			fprintf(out, "%-*s%s", c + 1 < columns ? widths[c] : 0,
				column_title(class, c), c + 1 < columns ? "  " : "\n");
	stop(out, color);
	for (size_t i = 0; i < count; i++) {
		for (unsigned int c = 0; c < columns; c++) {
			_cleanup_(buf_done) struct buf cell = { 0 };

			if (!is_column(class, c, without))
				continue;
			cell_text(objs[i], c, &cell);
			fprintf(out, "%-*s%s", c + 1 < columns ? widths[c] : 0,
				cell.data ? cell.data : "?",
				c + 1 < columns ? "  " : "\n");
		}
	}
}

void text_print_status(FILE *out, bool color, bool details, const struct model *observed,
		       const struct report *report)
{
	unsigned int without = FIELD_POLICY | (details ? 0 : FIELD_DETAIL);
	bool any = false;
	size_t i = 0;

	while (i < observed->indexed) {
		const struct obj_class *class = observed->index[i]->class;
		size_t n = 1;

		while (i + n < observed->indexed &&
		       observed->index[i + n]->class == class)
			n++;
		if (class->section) {
			any = true;
			fprintf(out, "%s:\n", class->section);
			print_table(out, color, without, observed->index + i, n);
		}
		i += n;
	}
	if (!any)
		fputs("no live objects\n", out);
	if (report->image_hint) {
		visible_print(out, "initramfs: the image is %s: %s", report->image,
			      report->image_hint);
		fputc('\n', out);
	}
}
