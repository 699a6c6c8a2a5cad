/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write the report, the status and the drift as JSON. */
#include "report/json.h"

#include "base/cleanup.h"
#include "report/json_fields.h"

#include <limits.h>

/* {"size": {"from": "1GiB", "to": "2GiB"}} */
static json_t *changes_to_json(char *const *changes)
{
	json_t *all = json_object();

	for (; changes && changes[0]; changes += 3) {
		json_t *change =
			json_pack("{s:s*, s:s}", "from",
				  changes[1][0] ? changes[1] : NULL, "to", changes[2]);

		if (json_object_set_new(all, changes[0], change) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

/* {"size": "1GiB"} */
static json_t *wanted_to_json(const struct report_value *wanted)
{
	json_t *all = json_object();

	for (; wanted->field; wanted++) {
		if (json_object_set_new(all, wanted->field, json_text(wanted->text)) <
		    0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *errno_to_json(int error)
{
	const char *name;

	if (error == 0)
		return json_null();
	name = strerrorname_np(-error);
	return name ? json_string(name) : json_integer(-error);
}

static json_t *entry_to_json(const struct report_entry *entry)
{
	json_t *json = json_pack(
		"{s:s, s:o, s:s, s:s, s:o, s:o, s:o}", "kind", entry->class->name, "name",
		json_text(entry->name), "action", plan_action_name(entry->action),
		"result", report_result_name(entry->result), "errno",
		errno_to_json(entry->error), "message", json_text(entry->message),
		"reason", json_text(entry->reason));

	if (json &&
	    ((entry->changes &&
	      json_object_set_new(json, "changes", changes_to_json(entry->changes)) <
		      0) ||
	     (entry->wanted &&
	      json_object_set_new(json, "wanted", wanted_to_json(entry->wanted)) < 0))) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* @changes_only: without what is as wanted. */
static json_t *entries_to_json(const struct report *report, bool changes_only)
{
	json_t *all = json_array();

	vec_foreach (entry, &report->entries) {
		if (changes_only && entry->result == RESULT_UNCHANGED)
			continue;
		if (json_array_append_new(all, entry_to_json(entry)) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static json_t *image_to_json(const char *state, const char *hint)
{
	return state ? json_pack("{s:s, s:o}", "state", state, "hint", json_text(hint))
		     : json_null();
}

/* [{"export": "nqn...", "count": 2}] */
static json_t *connections_to_json(const struct report *report)
{
	json_t *all = json_array();

	vec_foreach (connections, &report->connections) {
		json_t *json =
			json_pack("{s:o, s:I}", "export", json_text(connections->export),
				  "count", (json_int_t)connections->count);

		if (json_array_append_new(all, json) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

/* Return: 0, also where nothing is known and @json has none of it; -ENOMEM. */
static int set_connections(json_t *json, const struct report *report)
{
	(void)json_object_del(json, "connections"); /* it may have none */
	if (report->connections.count == 0)
		return 0;
	return json_object_set_new(json, "connections", connections_to_json(report)) < 0
		       ? -ENOMEM
		       : 0;
}

/* Takes @objects over. */
static json_t *whole_to_json(const struct report *report, json_t *objects)
{
	json_t *json = json_pack(
		"{s:i, s:s, s:o, s:s, s:{s:o, s:o}, s:o, s:o, s:s, s:o, s:o, s:o}",
		"schema_version", REPORT_SCHEMA_VERSION, "tool_version",
		RAPIDDISK_VERSION, "boot_id", json_text(report->boot_id), "stage",
		report->stage, "config", "path", json_text(report->config_path), "sha256",
		json_text(report->config_sha256), "started_at",
		json_text(report->started_at), "finished_at",
		json_text(report->finished_at), "result",
		report_verdict_name(report->verdict), "message",
		json_text(report->message), "initramfs",
		image_to_json(report->image, report->image_hint), "objects", objects);

	if (json &&
	    ((report->sequence > 0 &&
	      json_object_set_new(json, "sequence", json_u64(report->sequence)) < 0) ||
	     set_connections(json, report) < 0)) {
		json_decref(json);
		return NULL;
	}
	return json;
}

/* As an element of an array of the whole: each line is indented twice more. */
static int add_entry(struct buf *out, const struct report_entry *entry)
{
	_cleanup_json_ json_t *json = entry_to_json(entry);
	_cleanup_free_ char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	char *rest = text;

	if (!text)
		return -ENOMEM;
	for (const char *line; (line = strsep(&rest, "\n"));) {
		buf_add(out, "\n    ");
		buf_add(out, line);
	}
	return 0;
}

/*
 * Append @shell with the entries in place of its empty list, to the letter as json_take_text()
 * prints the whole. One entry at a time is a jansson object: a thousand entries would take
 * megabytes. No string contains the line of the empty list, because JSON escapes a newline.
 */
static int splice_entries(const char *shell, const struct report *report, struct buf *out)
{
	static const char empty[] = "\n  \"objects\": []";
	const char *place = strstr(shell, empty), *between = "";

	if (!place || report->entries.count == 0) {
		buf_add(out, shell);
		return 0;
	}
	buf_add_bytes(out, shell, (size_t)(place - shell) + sizeof(empty) - 2);
	vec_foreach (entry, &report->entries) {
		buf_add(out, between);
		between = ",";
		if (add_entry(out, entry) < 0)
			return -ENOMEM;
	}
	buf_add(out, "\n  ");
	buf_add(out, place + sizeof(empty) - 2);
	return 0;
}

int report_to_json(const struct report *report, char **ret)
{
	_cleanup_json_ json_t *json = whole_to_json(report, json_array());
	_cleanup_free_ char *shell = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	_cleanup_(buf_done) struct buf out = { 0 };

	if (!shell || splice_entries(shell, report, &out) < 0)
		return -ENOMEM;
	buf_add(&out, "\n");
	return buf_take(&out, ret);
}

uint64_t report_sequence_of(const char *text)
{
	/* A member of the whole, by its indent: no text has a newline in it. */
	static const char member[] = "\n  \"sequence\": ";
	const char *place = strstr(text, member);
	long long number = place ? strtoll(place + sizeof(member) - 1, NULL, 10) : 0;

	return number > 0 && number < LLONG_MAX ? (uint64_t)number : 0;
}

static json_t *drift_to_json(const struct report *found)
{
	return json_pack(
		"{s:o, s:{s:o, s:o}, s:s, s:o, s:o}", "checked_at",
		json_text(found->finished_at), "config", "path",
		json_text(found->config_path), "sha256", json_text(found->config_sha256),
		"result", report_verdict_name(found->verdict), "message",
		json_text(found->message), "objects", entries_to_json(found, true));
}

int report_merge_drift(const char *last, const struct report *found, char **ret)
{
	_cleanup_json_ json_t *json = last ? json_loads(last, 0, NULL) : NULL;

	/* Nothing has run in this boot, or what it left cannot be read. */
	if (!json_is_object(json)) {
		json_decref(json);
		json = whole_to_json(found, entries_to_json(found, false));
		if (!json || json_object_set_new(json, "dry_run", json_true()) < 0)
			return -ENOMEM;
	}
	if (json_object_set_new(json, "sequence", json_u64(found->sequence)) < 0 ||
	    json_object_set_new(json, "initramfs",
				image_to_json(found->image, found->image_hint)) < 0 ||
	    json_object_set_new(json, "drift", drift_to_json(found)) < 0 ||
	    set_connections(json, found) < 0)
		return -ENOMEM;
	return json_take_text(TAKE_PTR(json), false, ret);
}

static json_t *live_to_json(const struct obj *obj)
{
	json_t *json = json_pack("{s:s, s:s, s:o}", "kind", obj->class->name, "owner",
				 obj->owner == OWNER_OURS ? "rapiddisk" : "other",
				 "in_use", json_text(obj->in_use));

	return json_fields(obj, json);
}

int status_to_json(const struct model *observed, const struct report *report, char **ret)
{
	_cleanup_json_ json_t *json = json_pack(
		"{s:i, s:o, s:[]}", "schema_version", REPORT_SCHEMA_VERSION, "initramfs",
		image_to_json(report->image, report->image_hint), "objects");
	json_t *all;

	if (!json)
		return -ENOMEM;
	all = json_object_get(json, "objects");
	for (size_t i = 0; i < observed->indexed; i++)
		if (json_array_append_new(all, live_to_json(observed->index[i])) < 0)
			return -ENOMEM;
	return json_take_text(TAKE_PTR(json), false, ret);
}
