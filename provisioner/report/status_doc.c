/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse a status file, check every value, and count the objects not in sync. */
#include "report/status_doc.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "model/report.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static const char *const results[] = { "converged", "changed", "partial", "failed" };

static _printf_(2, 3) int wrong(char **ret_why, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = vasprintf(ret_why, fmt, args);
	va_end(args);
	if (r < 0)
		*ret_why = NULL;
	return *ret_why ? -EBADMSG : -ENOMEM;
}

/* NULL for what is missing or null; -EBADMSG for what is no text. */
static int get_text(const json_t *json, const char *key, const char **ret, char **ret_why)
{
	const json_t *value = json_object_get(json, key);

	if (value && !json_is_null(value) && !json_is_string(value))
		return wrong(ret_why, "'%s' is no text", key);
	*ret = json_string_value(value);
	return 0;
}

struct text_row {
	const char *key;
	const char **ret;
	bool required;
};

static int get_texts(const json_t *json, const struct text_row *rows, size_t count,
		     char **ret_why)
{
	for (size_t i = 0; i < count; i++) {
		int r = get_text(json, rows[i].key, rows[i].ret, ret_why);

		if (r < 0)
			return r;
		if (rows[i].required && !*rows[i].ret)
			return wrong(ret_why, "'%s' is missing", rows[i].key);
	}
	return 0;
}

static int read_object(const json_t *json, struct status_object *object, char **ret_why)
{
	const struct text_row rows[] = {
		{ "kind", &object->kind, true },
		{ "name", &object->name, true },
		{ "action", &object->action, true },
		{ "result", &object->result, true },
		{ "message", &object->message, false },
		{ "reason", &object->reason, false },
	};

	if (!json_is_object(json))
		return wrong(ret_why, "an entry of 'objects' is no object");
	return get_texts(json, rows, ARRAY_SIZE(rows), ret_why);
}

static int read_objects(const json_t *json, struct status_objects *ret, char **ret_why)
{
	const json_t *all = json_object_get(json, "objects"), *item;
	size_t i;

	if (!json_is_array(all))
		return wrong(ret_why, "'objects' is no list");
	json_array_foreach (all, i, item) {
		struct status_object object = { 0 };
		int r = read_object(item, &object, ret_why);

		if (r == 0)
			r = vec_push(&ret->list, object);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_result(const char *result, char **ret_why)
{
	for (size_t i = 0; result && i < ARRAY_SIZE(results); i++)
		if (streq(results[i], result))
			return 0;
	return wrong(ret_why, "'result' is none that is known");
}

static int read_drift(struct status_doc *doc, char **ret_why)
{
	const json_t *json = json_object_get(doc->json, "drift");
	struct status_drift *drift = &doc->drift;
	const struct text_row rows[] = {
		{ "checked_at", &drift->checked_at, true },
		{ "result", &drift->result, true },
		{ "message", &drift->message, false },
	};
	int r;

	if (!json || json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return wrong(ret_why, "'drift' is no object");
	doc->has_drift = true;
	r = get_texts(json, rows, ARRAY_SIZE(rows), ret_why);
	if (r == 0)
		r = check_result(drift->result, ret_why);
	return r < 0 ? r : read_objects(json, &drift->objects, ret_why);
}

static int read_connections(struct status_doc *doc, char **ret_why)
{
	const json_t *all = json_object_get(doc->json, "connections"), *item;
	size_t i;

	if (all && !json_is_array(all))
		return wrong(ret_why, "'connections' is no list");
	json_array_foreach (all, i, item) {
		struct status_connections connections = { 0 };
		json_int_t count = json_integer_value(json_object_get(item, "count"));
		int r = get_text(item, "export", &connections.export, ret_why);

		if (r == 0 && (!connections.export || count < 0))
			r = wrong(ret_why, "an entry of 'connections' makes no sense");
		connections.count = (uint64_t)count;
		if (r == 0)
			r = vec_push(&doc->connections, connections);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_nested(struct status_doc *doc, char **ret_why)
{
	const json_t *config = json_object_get(doc->json, "config");
	const json_t *image = json_object_get(doc->json, "initramfs");
	const struct text_row rows[] = {
		{ "state", &doc->image, false },
		{ "hint", &doc->image_hint, false },
	};
	int r = get_text(config, "sha256", &doc->config_sha256, ret_why);

	return r < 0 ? r : get_texts(image, rows, ARRAY_SIZE(rows), ret_why);
}

static int read_document(struct status_doc *doc, char **ret_why)
{
	const struct text_row rows[] = {
		{ "boot_id", &doc->boot_id, false },
		{ "stage", &doc->stage, true },
		{ "result", &doc->result, true },
		{ "message", &doc->message, false },
		{ "started_at", &doc->started_at, false },
		{ "finished_at", &doc->finished_at, false },
	};
	const json_t *json = doc->json;
	json_int_t sequence;
	int r;

	if (!json_is_object(json))
		return wrong(ret_why, "it is no object");
	if (json_integer_value(json_object_get(json, "schema_version")) !=
	    REPORT_SCHEMA_VERSION)
		return wrong(ret_why, "'schema_version' is not %d",
			     REPORT_SCHEMA_VERSION);
	r = get_texts(json, rows, ARRAY_SIZE(rows), ret_why);
	if (r == 0)
		r = check_result(doc->result, ret_why);
	if (r == 0)
		r = read_nested(doc, ret_why);
	if (r == 0)
		r = read_objects(json, &doc->objects, ret_why);
	if (r == 0)
		r = read_drift(doc, ret_why);
	if (r == 0)
		r = read_connections(doc, ret_why);
	sequence = json_integer_value(json_object_get(json, "sequence"));
	doc->sequence = sequence > 0 ? (uint64_t)sequence : 0;
	doc->dry_run = json_is_true(json_object_get(json, "dry_run"));
	doc->started_ms = status_time_ms(doc->started_at);
	doc->finished_ms = status_time_ms(doc->finished_at);
	return r;
}

int status_doc_parse(const char *text, size_t len, struct status_doc *ret, char **ret_why)
{
	struct status_doc doc = { 0 };
	json_error_t error;
	int r;

	*ret_why = NULL;
	if (len > STATUS_DOC_MAX)
		return wrong(ret_why, "it is larger than %u MiB", STATUS_DOC_MAX >> 20);
	/* Jansson reads on behind one where it can, and others stop there. */
	if (memchr(text, '\0', len))
		return wrong(ret_why, "it is no JSON: there is a zero byte in it");
	doc.json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!doc.json && json_error_code(&error) == json_error_out_of_memory)
		return -ENOMEM;
	if (!doc.json)
		return wrong(ret_why, "it is no JSON: line %d, column %d", error.line,
			     error.column);
	r = read_document(&doc, ret_why);
	if (r < 0) {
		status_doc_done(&doc);
		return r;
	}
	*ret = doc;
	return 0;
}

void status_doc_done(struct status_doc *doc)
{
	json_decref(doc->json);
	vec_done(&doc->objects.list);
	vec_done(&doc->drift.objects.list);
	vec_done(&doc->connections);
	*doc = (struct status_doc){ 0 };
}

/* --- what follows from it --- */

/* A run that came to its end has done what it says is done. */
static bool is_deviation(const struct status_object *object, bool is_from_dry_run)
{
	if (streq(object->result, "blocked") || streq(object->result, "failed") ||
	    streq(object->result, "skipped"))
		return true;
	return is_from_dry_run && streq(object->result, "pending");
}

size_t status_doc_deviations(const struct status_doc *doc,
			     void (*visit)(void *data,
					   const struct status_object *object),
			     void *data)
{
	const struct status_objects *objects =
		doc->has_drift ? &doc->drift.objects : &doc->objects;
	size_t count = 0;

	vec_foreach (object, &objects->list) {
		if (!is_deviation(object, doc->has_drift || doc->dry_run))
			continue;
		count++;
		if (visit)
			visit(data, object);
	}
	return count;
}

void status_doc_set_connections(const struct status_doc *doc,
				const struct obj_class *class, unsigned int index,
				struct model *observed)
{
	vec_foreach (connections, &doc->connections) {
		struct obj *obj = model_find(observed, class, connections->export);

		if (obj)
			field_set_uint(obj, index, connections->count);
	}
}

const char *status_doc_checked_at(const struct status_doc *doc)
{
	return doc->has_drift ? doc->drift.checked_at : doc->finished_at;
}

int64_t status_time_ms(const char *text)
{
	struct tm utc = { 0 };
	unsigned int ms = 0;
	char end = '\0';
	const char *rest;

	rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &utc) : NULL;
	if (!rest || sscanf(rest, ".%3uZ%c", &ms, &end) != 1 ||
	    strchr(rest, 'Z') != rest + 4)
		return 0;
	return (int64_t)timegm(&utc) * 1000 + ms;
}
