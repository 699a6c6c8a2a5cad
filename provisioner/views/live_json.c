/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observed objects, for the page and for programs. Sizes are in bytes. */
#include "model/metric.h"
#include "report/json_fields.h"
#include "views/views.h"

#include <inttypes.h>

enum how { AS_TYPED, AS_TEXT, AS_DEVICE_NAME };

/* The members of /v1/live whose name or form differs from that of the field. */
static const struct {
	const char *class, *field;
	const char *name; /* NULL: it is left out */
	enum how how;
} exceptions[] = {
	{ "cache", "source", "source", AS_DEVICE_NAME },
	{ "cache", "size", NULL, AS_TYPED },
	{ "cache", "capacity", "size", AS_TYPED },
	{ "port", "transport", "transport", AS_TEXT },
	{ "port", "address", "address", AS_TEXT },
	{ "port", "service", "service", AS_TEXT },
};

struct member {
	const char *name;
	enum how how;
};

static bool is_member(const struct field *field)
{
	return !(field->flags & (FIELD_POLICY | FIELD_SECRET | FIELD_SECRET_FILE)) &&
	       (field->flags & (FIELD_LIVE | FIELD_COUNTER)) !=
		       (FIELD_LIVE | FIELD_COUNTER);
}

static struct member member_of(const struct obj_class *class, const struct field *field)
{
	struct member member = { is_member(field) ? field->name : NULL, AS_TYPED };

	for (size_t i = 0; i < ARRAY_SIZE(exceptions); i++)
		if (streq(exceptions[i].class, class->name) &&
		    streq(exceptions[i].field, field->name))
			member = (struct member){ exceptions[i].name, exceptions[i].how };
	return member;
}

static void add_unset(struct buf *out, const struct field *field, enum how how)
{
	if (how == AS_TEXT)
		json_add_text(out, "");
	else
		buf_add(out, field_is_list(field) ? "[]" : "null");
}

static void add_typed(struct buf *out, const struct obj *obj, unsigned int index)
{
	uint64_t value = 0;

	switch (obj->class->fields[index].type) {
	case FIELD_UINT:
	case FIELD_SIZE:
		metric_value(obj, index, &value);
		json_add_u64(out, value);
		break;
	case FIELD_BOOL:
		buf_add(out, field_bool(obj, index) ? "true" : "false");
		break;
	case FIELD_ENUM:
		json_add_text(out, metric_label(obj, index));
		break;
	default:
		json_add_tree(out, json_field(obj, index));
	}
}

static void add_member(struct buf *out, const struct obj *obj, unsigned int index,
		       enum how how)
{
	const struct field *field = &obj->class->fields[index];

	if (!field_is_set(obj, index))
		add_unset(out, field, how);
	else if (how == AS_TYPED)
		add_typed(out, obj, index);
	else if (how == AS_TEXT && field->type == FIELD_UINT)
		buf_addf(out, "\"%" PRIu64 "\"", field_uint(obj, index));
	else
		json_add_text(out, metric_label(obj, index));
}

static const char *attribute_of(const struct field *field)
{
	return field->attribute ? field->attribute : field->name;
}

/* A word that the configuration cannot say is none of the kernel's numbers. */
static bool is_number_of_kernel(const struct field *field, uint64_t value)
{
	uint64_t words = 0;

	if (field->type != FIELD_ENUM)
		return true;
	while (field->words[words])
		words++;
	return value < words;
}

static void add_counters(struct buf *out, const struct obj *obj)
{
	const char *before = "{";

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];
		uint64_t value;

		if (!(field->flags & FIELD_COUNTER) || !metric_value(obj, i, &value) ||
		    !is_number_of_kernel(field, value))
			continue;
		json_add_name(out, before, attribute_of(field));
		json_add_u64(out, value);
		before = ", ";
	}
	buf_add(out, before[0] == '{' ? "{}" : "}");
}

static bool has_counters(const struct obj_class *class)
{
	for (unsigned int i = 0; i < class->field_count; i++)
		if (class->fields[i].flags & FIELD_COUNTER)
			return true;
	return false;
}

static void add_object(struct buf *out, const struct obj *obj)
{
	const char *before = "{";

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		struct member member = member_of(obj->class, &obj->class->fields[i]);

		if (!member.name)
			continue;
		json_add_name(out, before, member.name);
		add_member(out, obj, i, member.how);
		before = ", ";
	}
	json_add_name(out, before, "owner");
	json_add_text(out, obj->owner == OWNER_OURS ? "rapiddisk" : "other");
	json_add_name(out, ", ", "in_use");
	json_add_text(out, obj->in_use);
	if (has_counters(obj->class)) {
		json_add_name(out, ", ", "counters");
		add_counters(out, obj);
	}
	buf_add(out, "}");
}

static void add_objects(struct buf *out, const struct view *view,
			const struct obj_class *class)
{
	size_t count;
	struct obj *const *objs = model_list(&view->observed, class, &count);

	buf_add(out, "[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_add(out, ", ");
		add_object(out, objs[i]);
	}
	buf_add(out, "]");
}

/* The page asks every two seconds: a tree of jansson costs 1.5 million instructions more. */
int answer_live(const struct view *view, char **ret)
{
	_cleanup_(buf_done) struct buf out = { 0 };

	json_add_name(&out, "{", "schema_version");
	json_add_u64(&out, 1);
	json_add_name(&out, ", ", "ram");
	json_add_u64(&out, view->ram_bytes);
	json_add_name(&out, ", ", "free");
	json_add_u64(&out, view->free_bytes);
	for (const struct obj_class *const *class = view->classes; class && *class;
	     class ++) {
		json_add_name(&out, ", ", (*class)->section);
		add_objects(&out, view, *class);
	}
	buf_add(&out, "}\n");
	return buf_take(&out, ret);
}

/* --- the rows of the objects above --- */

/* The name of the metric, as /metrics has it; null if the row has no metric. */
static json_t *metric_to_json(const struct field *field)
{
	return field->metric.name ? json_sprintf("rapiddisk_%s", field->metric.name)
				  : json_null();
}

/* The members of an object of @class. A counter is in the object's `counters`. */
static json_t *fields_to_json(const struct obj_class *class)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < class->field_count; i++) {
		const struct field *field = &class->fields[i];
		bool is_counter =
			field->flags & FIELD_LIVE && field->flags & FIELD_COUNTER;
		const char *name =
			is_counter ? attribute_of(field) : member_of(class, field).name;

		if (name)
			json_add(&list,
				 json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:o}", "name",
					   name, "doc", field->doc, "counter", is_counter,
					   "live", (field->flags & FIELD_LIVE) != 0,
					   "detail", (field->flags & FIELD_DETAIL) != 0,
					   "bytes", field->type == FIELD_SIZE, "metric",
					   metric_to_json(field)));
	}
	return list;
}

int answer_fields(const struct view *view, char **ret)
{
	json_t *json = json_pack("{s:i}", "schema_version", 1);
	int r = json ? 0 : -1;

	for (const struct obj_class *const *class = view->classes; r == 0 && *class;
	     class ++)
		r = json_object_set_new(json, (*class)->section, fields_to_json(*class));
	if (r == 0)
		return json_take_text(json, true, ret);
	json_decref(json);
	return -ENOMEM;
}
