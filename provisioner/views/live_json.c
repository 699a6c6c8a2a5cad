/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The observed objects, for the page and for programs. Sizes are in bytes. */
#include "model/metric.h"
#include "report/json_fields.h"
#include "views/views.h"

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

static json_t *unset_to_json(const struct field *field, enum how how)
{
	return how == AS_TEXT	      ? json_string("")
	       : field_is_list(field) ? json_array()
				      : json_null();
}

static json_t *member_to_json(const struct obj *obj, unsigned int index, enum how how)
{
	if (!field_is_set(obj, index))
		return unset_to_json(&obj->class->fields[index], how);
	if (how == AS_TYPED)
		return json_field(obj, index);
	if (how == AS_DEVICE_NAME)
		return json_text(metric_label(obj, index));
	if (obj->class->fields[index].type == FIELD_UINT)
		return json_sprintf("%" JSON_INTEGER_FORMAT,
				    (json_int_t)field_uint(obj, index));
	return json_text(metric_label(obj, index));
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

static json_t *counters_to_json(const struct obj *obj)
{
	json_t *all = json_object();

	for (unsigned int i = 0; all && i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];
		uint64_t value;

		if (field->flags & FIELD_COUNTER && metric_value(obj, i, &value) &&
		    is_number_of_kernel(field, value) &&
		    json_object_set_new(all, attribute_of(field), json_u64(value)) < 0) {
			json_decref(all);
			return NULL;
		}
	}
	return all;
}

static bool has_counters(const struct obj_class *class)
{
	for (unsigned int i = 0; i < class->field_count; i++)
		if (class->fields[i].flags & FIELD_COUNTER)
			return true;
	return false;
}

static json_t *object_to_json(const struct obj *obj)
{
	json_t *json = json_object();
	int r = json ? 0 : -1;

	for (unsigned int i = 0; r == 0 && i < obj->class->field_count; i++) {
		struct member member = member_of(obj->class, &obj->class->fields[i]);

		if (member.name)
			r = json_object_set_new(json, member.name,
						member_to_json(obj, i, member.how));
	}
	if (r == 0)
		r = json_object_set_new(
			json, "owner",
			json_string(obj->owner == OWNER_OURS ? "rapiddisk" : "other"));
	if (r == 0)
		r = json_object_set_new(json, "in_use", json_text(obj->in_use));
	if (r == 0 && has_counters(obj->class))
		r = json_object_set_new(json, "counters", counters_to_json(obj));
	if (r == 0)
		return json;
	json_decref(json);
	return NULL;
}

static json_t *objects_to_json(const struct view *view, const struct obj_class *class)
{
	json_t *list = json_array();
	size_t count;
	struct obj *const *objs = model_list(&view->observed, class, &count);

	for (size_t i = 0; i < count; i++)
		json_add(&list, object_to_json(objs[i]));
	return list;
}

/* The rows of a class, for the page: a counter is found in `counters`. */
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
				 json_pack("{s:s, s:s, s:b, s:b, s:b, s:b}", "name", name,
					   "doc", field->doc, "counter", is_counter,
					   "live", (field->flags & FIELD_LIVE) != 0,
					   "detail", (field->flags & FIELD_DETAIL) != 0,
					   "bytes", field->type == FIELD_SIZE));
	}
	return list;
}

int answer_live(const struct view *view, char **ret)
{
	json_t *json =
		json_pack("{s:i, s:o, s:o}", "schema_version", 1, "ram",
			  json_u64(view->ram_bytes), "free", json_u64(view->free_bytes));
	json_t *fields = json_object();
	int r = json && fields ? 0 : -1;

	for (const struct obj_class *const *class = view->classes; r == 0 && *class;
	     class ++) {
		r = json_object_set_new(json, (*class)->section,
					objects_to_json(view, *class));
		if (r == 0)
			r = json_object_set_new(fields, (*class)->name,
						fields_to_json(*class));
	}
	if (r == 0) {
		r = json_object_set_new(json, "fields", fields);
		fields = NULL;
	}
	json_decref(fields);
	if (r == 0)
		return json_take_text(json, true, ret);
	json_decref(json);
	return -ENOMEM;
}
