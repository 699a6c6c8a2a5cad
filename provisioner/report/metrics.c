/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and units follow Prometheus' guidelines: base units, _total for what only grows, a
 * label where there are several. The metrics of objects are rows of their field tables; the
 * table below has the others.
 */
#include "report/metrics.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/metric.h"
#include "report/jsontext.h"

#include <inttypes.h>

#define PREFIX "rapiddisk_"

enum own_metric {
	BUILD_INFO,
	STATUS_READABLE,
	CONVERGED,
	DRIFT_OBJECTS,
	DRIFT_CHECKED,
	LAST_APPLY_RESULT,
	LAST_APPLY_TIME,
	LAST_APPLY_DURATION,
	IMAGE_STALE,
	PUSH_WAITING,
	PUSH_SENT,
	PUSH_DROPPED,
	OWN_END,
};

static const struct {
	struct metric metric;
	const char *label; /* NULL: there is one sample */
} own[] = {
	[BUILD_INFO] = { { "build_info", METRIC_GAUGE,
			   "1; the label is the version of this program" },
			 "version" },
	[STATUS_READABLE] = { { "status_readable", METRIC_GAUGE,
				"1 if the report of the last run could be read" },
			      NULL },
	[CONVERGED] = { { "converged", METRIC_GAUGE,
			  "1 if the last run or check found every object in sync" },
			NULL },
	[DRIFT_OBJECTS] = { { "drift_objects", METRIC_GAUGE,
			      "Objects that the last run or check found out of sync" },
			    NULL },
	[DRIFT_CHECKED] = { { "drift_checked_timestamp_seconds", METRIC_GAUGE,
			      "Unix time of the last run or check" },
			    NULL },
	[LAST_APPLY_RESULT] = { { "last_apply_result", METRIC_GAUGE,
				  "1 for the result of the last run of rapiddisk-apply, 0 "
				  "for the others" },
				"result" },
	[LAST_APPLY_TIME] = { { "last_apply_timestamp_seconds", METRIC_GAUGE,
				"Unix time at which the last run of rapiddisk-apply "
				"ended" },
			      NULL },
	[LAST_APPLY_DURATION] = { { "last_apply_duration_seconds", METRIC_GAUGE,
				    "Duration of the last run of rapiddisk-apply" },
				  NULL },
	[IMAGE_STALE] = { { "initramfs_image_stale", METRIC_GAUGE,
			    "1 if the initramfs image lacks what a root cache needs" },
			  NULL },
	[PUSH_WAITING] = { { "push_spool_reports", METRIC_GAUGE,
			     "Reports that wait to be sent" },
			   "target" },
	[PUSH_SENT] = { { "push_sent_total", METRIC_COUNTER,
			  "Reports that the target accepted" },
			"target" },
	[PUSH_DROPPED] = { { "push_dropped_total", METRIC_COUNTER,
			     "Reports that were dropped unsent" },
			   "target" },
};

_Static_assert(ARRAY_SIZE(own) == OWN_END, "one row for each metric");

static const char *const type_names[] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
};

/* --- the format --- */

static void add_head(struct buf *out, const struct metric *metric, const char *help)
{
	buf_add(out, "# HELP " PREFIX);
	buf_add(out, metric->name);
	buf_add(out, " ");
	buf_add(out, help);
	buf_add(out, ".\n# TYPE " PREFIX);
	buf_add(out, metric->name);
	buf_add(out, " ");
	buf_add(out, type_names[metric->type]);
	buf_add(out, "\n");
}

/* The format wants \, " and newline escaped, and UTF-8. */
static void add_escaped(struct buf *out, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		uint32_t character;
		size_t n = utf8_decode(text, len, &character);

		if (*text == '\\' || *text == '"')
			buf_add(out, *text == '"' ? "\\\"" : "\\\\");
		else if (*text == '\n')
			buf_add(out, "\\n");
		else if (n == 0)
			buf_add(out, "\xef\xbf\xbd");
		else
			buf_add_bytes(out, text, n);
		n = n ? n : 1;
		text += n;
		len -= n;
	}
}

static void add_label(struct buf *out, const char *before, const char *label,
		      const char *text)
{
	buf_add(out, before);
	buf_add(out, label);
	buf_add(out, "=\"");
	add_escaped(out, text);
	buf_add(out, "\"");
}

/* @labels: `{name="text"}`, or "". */
static void add_sample(struct buf *out, const struct metric *metric, const char *labels,
		       uint64_t value)
{
	buf_add(out, PREFIX);
	buf_add(out, metric->name);
	buf_add(out, labels);
	buf_add(out, " ");
	buf_add_u64(out, value);
	buf_add(out, "\n");
}

static void head_own(struct buf *out, enum own_metric index)
{
	add_head(out, &own[index].metric, own[index].metric.help);
}

static void sample_own(struct buf *out, enum own_metric index, const char *text,
		       uint64_t value)
{
	_cleanup_(buf_done) struct buf labels = { 0 };

	add_label(&labels, "{", own[index].label, text);
	buf_add(&labels, "}");
	if (labels.failed)
		out->failed = true;
	else
		add_sample(out, &own[index].metric, labels.data, value);
}

static void add_single(struct buf *out, enum own_metric index, uint64_t value)
{
	head_own(out, index);
	add_sample(out, &own[index].metric, "", value);
}

static void add_seconds(struct buf *out, enum own_metric index, int64_t ms)
{
	head_own(out, index);
	buf_addf(out, PREFIX "%s %" PRId64 ".%03d\n", own[index].metric.name, ms / 1000,
		 (int)(ms % 1000));
}

/* --- the report of the last run --- */

static void add_last_apply(struct buf *out, const struct status_doc *doc)
{
	static const char *const results[] = { "converged", "changed", "partial",
					       "failed" };

	head_own(out, LAST_APPLY_RESULT);
	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		sample_own(out, LAST_APPLY_RESULT, results[i],
			   streq(doc->result, results[i]));
	if (doc->finished_ms > 0)
		add_seconds(out, LAST_APPLY_TIME, doc->finished_ms);
	if (doc->finished_ms > 0 && doc->started_ms > 0 &&
	    doc->finished_ms >= doc->started_ms)
		add_seconds(out, LAST_APPLY_DURATION, doc->finished_ms - doc->started_ms);
}

static bool is_converged(const struct status_doc *doc, size_t deviations)
{
	return deviations == 0 &&
	       (streq(doc->result, "converged") || streq(doc->result, "changed")) &&
	       !(doc->has_drift && streq(doc->drift.result, "failed"));
}

static void add_document(struct buf *out, const struct status_doc *doc)
{
	size_t deviations = status_doc_deviations(doc, NULL, NULL);
	int64_t checked_ms = status_time_ms(status_doc_checked_at(doc));

	add_single(out, CONVERGED, is_converged(doc, deviations));
	add_single(out, DRIFT_OBJECTS, deviations);
	if (checked_ms > 0)
		add_seconds(out, DRIFT_CHECKED, checked_ms);
	if (!doc->dry_run)
		add_last_apply(out, doc);
	if (doc->image)
		add_single(out, IMAGE_STALE, !streq(doc->image, "current"));
}

/* --- the observed objects --- */

struct texts {
	VEC(char *) list;
};

static void texts_done(struct texts *texts)
{
	vec_foreach (text, &texts->list)
		free(*text);
	vec_done(&texts->list);
}

/* `{cache="data"}` of each object: escaped once, and used for every metric. */
static int label_objects(const struct obj_class *class, struct obj *const *objs,
			 size_t count, struct texts *ret)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_(buf_done) struct buf labels = { 0 };
		char *text;
		int r;

		add_label(&labels, "{", class->label, obj_name(objs[i]));
		buf_add(&labels, "}");
		r = buf_take(&labels, &text);
		if (r < 0)
			return r;
		r = vec_push(&ret->list, text);
		if (r < 0) {
			free(text);
			return r;
		}
	}
	return 0;
}

static void add_field(struct buf *out, unsigned int index, struct obj *const *objs,
		      const struct texts *labels)
{
	const struct field *field = &objs[0]->class->fields[index];
	const char *help = field->metric.help ? field->metric.help : field->doc;
	bool any = false;

	for (size_t i = 0; i < labels->list.count; i++) {
		uint64_t value;

		if (!metric_value(objs[i], index, &value))
			continue;
		if (!any)
			add_head(out, &field->metric, help);
		any = true;
		add_sample(out, &field->metric, labels->list.items[i], value);
	}
}

static void add_info(struct buf *out, const struct obj_class *class,
		     struct obj *const *objs, size_t count)
{
	_cleanup_(buf_done) struct buf name = { 0 };
	struct metric metric = { .type = METRIC_GAUGE };

	buf_addf(&name, "%s_info", class->name);
	if (name.failed) {
		out->failed = true;
		return;
	}
	metric.name = name.data;
	add_head(out, &metric, class->info);
	for (size_t i = 0; i < count; i++) {
		buf_add(out, PREFIX);
		buf_add(out, metric.name);
		add_label(out, "{", class->label, obj_name(objs[i]));
		for (unsigned int f = 0; f < class->field_count; f++)
			if (class->fields[f].flags & FIELD_LABEL)
				add_label(out, ",", class->fields[f].name,
					  metric_label(objs[i], f));
		buf_add(out, "} 1\n");
	}
}

static int add_class(struct buf *out, const struct model *observed,
		     const struct obj_class *class)
{
	_cleanup_(texts_done) struct texts labels = { 0 };
	size_t count;
	struct obj *const *objs = model_list(observed, class, &count);
	int r = class->label ? label_objects(class, objs, count, &labels) : 0;

	if (r < 0 || labels.list.count == 0)
		return r;
	if (class->info)
		add_info(out, class, objs, count);
	for (unsigned int i = 0; i < class->field_count; i++)
		if (class->fields[i].metric.name)
			add_field(out, i, objs, &labels);
	return 0;
}

/* --- the whole --- */

static void add_push(struct buf *out, const struct push_counts *push)
{
	if (push->targets.count == 0)
		return;
	head_own(out, PUSH_WAITING);
	vec_foreach (count, &push->targets)
		sample_own(out, PUSH_WAITING, count->target, count->waiting);
	head_own(out, PUSH_SENT);
	vec_foreach (count, &push->targets)
		sample_own(out, PUSH_SENT, count->target, count->sent);
	head_own(out, PUSH_DROPPED);
	vec_foreach (count, &push->targets)
		sample_own(out, PUSH_DROPPED, count->target, count->dropped);
}

int metrics_to_text(const struct metrics_source *source, char **ret)
{
	_cleanup_(buf_done) struct buf out = { 0 };

	head_own(&out, BUILD_INFO);
	sample_own(&out, BUILD_INFO, RAPIDDISK_VERSION, 1);
	add_single(&out, STATUS_READABLE, source->doc != NULL);
	if (source->doc)
		add_document(&out, source->doc);
	for (const struct obj_class *const *class = source->classes; *class; class ++) {
		int r = add_class(&out, source->observed, *class);

		if (r < 0)
			return r;
	}
	if (source->push)
		add_push(&out, source->push);
	return buf_take(&out, ret);
}

/* --- the table --- */

/* Takes @labels over. */
static void list_metric(json_t **list, const char *name, enum metric_type type,
			json_t *labels, const char *help)
{
	json_add(list,
		 json_pack("{s:o, s:s, s:o, s:o}", "name",
			   json_sprintf(PREFIX "%s", name), "type", type_names[type],
			   "labels", labels, "help", json_sprintf("%s.", help)));
}

static void list_class(json_t **list, const struct obj_class *class)
{
	json_t *labels;

	if (class->info) {
		_cleanup_free_ char *name = NULL;

		if (str_format(&name, "%s_info", class->name) < 0)
			return json_add(list, NULL);
		labels = json_pack("[s]", class->label);
		for (unsigned int i = 0; i < class->field_count; i++)
			if (class->fields[i].flags & FIELD_LABEL)
				json_add(&labels, json_string(class->fields[i].name));
		list_metric(list, name, METRIC_GAUGE, labels, class->info);
	}
	for (unsigned int i = 0; i < class->field_count; i++) {
		const struct field *field = &class->fields[i];

		if (field->metric.name)
			list_metric(list, field->metric.name, field->metric.type,
				    json_pack("[s]", class->label),
				    field->metric.help ? field->metric.help : field->doc);
	}
}

int metrics_table_to_json(const struct obj_class *const *classes, char **ret)
{
	json_t *list = json_array();

	for (; *classes; classes++)
		if ((*classes)->label)
			list_class(&list, *classes);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		list_metric(&list, own[i].metric.name, own[i].metric.type,
			    own[i].label ? json_pack("[s]", own[i].label) : json_array(),
			    own[i].metric.help);
	return json_take_text(list, false, ret);
}
