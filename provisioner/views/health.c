/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The format of draft-inadarei-api-health-check: a status for the whole, and a list for each
 * thing that was looked at.
 */
#include "base/buf.h"
#include "base/str.h"
#include "report/jsontext.h"
#include "views/views.h"

enum verdict { PASS, WARN, FAIL };

static const char *const verdict_names[] = { "pass", "warn", "fail" };

static int add_check(json_t *checks, const char *name, enum verdict verdict,
		     const char *time, json_t *observed, const char *output)
{
	json_t *check = json_pack("{s:s, s:o}", "status", verdict_names[verdict],
				  "observedValue", observed);

	if (!check)
		return -ENOMEM;
	if ((time && json_object_set_new(check, "time", json_text(time)) < 0) ||
	    (output && json_object_set_new(check, "output", json_text(output)) < 0)) {
		json_decref(check);
		return -ENOMEM;
	}
	return json_object_set_new(checks, name, json_pack("[o]", check)) < 0 ? -ENOMEM
									      : 0;
}

struct judgement {
	json_t *checks;
	enum verdict verdict;
	int error;
};

static void judge(struct judgement *all, const char *name, enum verdict verdict,
		  const char *time, json_t *observed, const char *output)
{
	int r = add_check(all->checks, name, verdict, time, observed, output);

	if (r < 0)
		all->error = r;
	if (verdict > all->verdict)
		all->verdict = verdict;
}

static void judge_document(struct judgement *all, const struct status_doc *doc)
{
	bool is_met = streq(doc->result, "converged") || streq(doc->result, "changed");
	bool is_unchecked = doc->has_drift && streq(doc->drift.result, "failed");
	size_t count = status_doc_deviations(doc, NULL, NULL);

	judge(all, "apply:result", is_met || doc->dry_run ? PASS : FAIL, doc->finished_at,
	      json_text(doc->dry_run ? "none yet" : doc->result), doc->message);
	judge(all, "drift:objects", count > 0 || is_unchecked ? WARN : PASS,
	      status_doc_checked_at(doc), json_u64(count),
	      doc->has_drift ? doc->drift.message : NULL);
	if (doc->image)
		judge(all, "initramfs:image", streq(doc->image, "current") ? PASS : WARN,
		      NULL, json_text(doc->image), doc->image_hint);
}

/* Judge the number of objects of @class that are switched off. */
static int judge_objects(struct judgement *all, const struct view *view,
			 const struct obj_class *class)
{
	_cleanup_free_ char *name = NULL;
	size_t count, off = 0;
	struct obj *const *objs = model_list(&view->observed, class, &count);

	if (!class->is_off || count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		off += obj_is_off(objs[i]);
	if (str_format(&name, "%s:switchedOff", class->name) < 0)
		return -ENOMEM;
	judge(all, name, off > 0 ? WARN : PASS, NULL, json_u64(off), NULL);
	return 0;
}

int answer_health(const struct view *view, char **ret, unsigned int *ret_status)
{
	struct judgement all = { .checks = json_object() };
	json_t *json;

	if (!all.checks)
		return -ENOMEM;
	if (view->doc)
		judge_document(&all, view->doc);
	else
		judge(&all, "status:file", FAIL, NULL, json_null(), view->problem);
	for (const struct obj_class *const *class = view->classes; class && *class;
	     class ++)
		if (judge_objects(&all, view, *class) < 0)
			all.error = -ENOMEM;
	json = json_pack("{s:s, s:s, s:s, s:s, s:o}", "status",
			 verdict_names[all.verdict], "version", "1", "releaseId",
			 RAPIDDISK_VERSION, "serviceId", "rapiddisk", "checks",
			 all.checks);
	if (all.error < 0) {
		json_decref(json);
		return all.error;
	}
	*ret_status = all.verdict == FAIL ? 503 : 200;
	return json_take_text(json, false, ret);
}

/* --- drift --- */

static void add_deviation(void *data, const struct status_object *object)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "kind", object->kind,
				 "name", object->name, "action", object->action, "result",
				 object->result, "message", json_text(object->message),
				 "reason", json_text(object->reason));

	json_array_append_new(data, json); /* the caller compares the count */
}

int answer_drift(const struct view *view, char **ret)
{
	const struct status_doc *doc = view->doc;
	json_t *objects = json_array();
	size_t count;

	if (!objects)
		return -ENOMEM;
	count = status_doc_deviations(doc, add_deviation, objects);
	if (json_array_size(objects) != count) {
		json_decref(objects);
		return -ENOMEM;
	}
	return json_take_text(
		json_pack("{s:i, s:o, s:b, s:o, s:o}", "schema_version", 1, "checked_at",
			  json_text(status_doc_checked_at(doc)), "drifted", count > 0,
			  "message",
			  json_text(doc->has_drift ? doc->drift.message : doc->message),
			  "objects", objects),
		false, ret);
}

int answer_overview(const struct view *view, char **ret)
{
	_cleanup_free_ char *health = NULL, *drift = NULL;
	_cleanup_(buf_done) struct buf text = { 0 };
	unsigned int status;
	int r = answer_health(view, &health, &status);

	if (r == 0 && view->doc)
		r = answer_drift(view, &drift);
	if (r < 0)
		return r;
	buf_addf(&text, "{\"health\": %s, \"drift\": %s, \"report\": ", health,
		 drift ? drift : "null");
	if (view->doc)
		buf_add_bytes(&text, view->text, view->text_len);
	else
		buf_add(&text, "null");
	buf_add(&text, "}\n");
	return buf_take(&text, ret);
}

int answer_problem(unsigned int status, const char *title, const char *detail, char **ret)
{
	return json_take_text(json_pack("{s:i, s:s, s:o}", "status", (int)status, "title",
					title, "detail", json_text(detail)),
			      false, ret);
}
