/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects and their fields. A field may hold objects, so the table of the field types and
 * the functions that go over all fields of an object are in one file.
 */
#include "model/object.h"

#include "base/cleanup.h"
#include "base/natural.h"
#include "base/str.h"
#include "model/field_number.h"
#include "model/field_text.h"

/* --- FIELD_OBJECTS --- */

static void clear_objects(const struct field *field, void *member)
{
	struct object_list *list = member;

	(void)field;
	vec_foreach (obj, &list->objs)
		obj_free(*obj);
	vec_done(&list->objs);
}

static struct obj *find_object(const struct object_list *list, const char *key)
{
	vec_foreach (item, &list->objs) {
		if (streq(obj_name(*item), key))
			return *item;
	}
	return NULL;
}

static bool equal_objects(const void *have, const void *want)
{
	const struct object_list *a = have, *b = want;

	if (a->objs.count != b->objs.count)
		return false;
	vec_foreach (item, &b->objs) {
		const struct obj *live = find_object(a, obj_name(*item));

		if (!live || obj_differing(live, *item))
			return false;
	}
	return true;
}

static void print_objects(const struct field *field, const void *member, struct buf *out)
{
	const struct object_list *list = member;
	const char *before = "[";

	(void)field;
	vec_foreach (item, &list->objs) {
		buf_add(out, before);
		obj_print(*item, FIELD_LIVE | FIELD_DERIVED, out);
		before = ", ";
	}
	buf_add(out, streq(before, "[") ? "[]" : "]");
}

static void resolve_objects(void *member, uint64_t ram_bytes)
{
	struct object_list *list = member;

	vec_foreach (obj, &list->objs)
		for (unsigned int i = 0; i < (*obj)->class->field_count; i++)
			field_resolve(*obj, i, ram_bytes);
}

static const struct field_ops objects_ops = {
	.clear = clear_objects,
	.equal = equal_objects,
	.print = print_objects,
	.resolve = resolve_objects,
};

/* clang-format off */
static const struct field_ops *const ops[] = {
	[FIELD_STRING] = &field_string_ops,
	[FIELD_SIZE] = &field_size_ops,
	[FIELD_UINT] = &field_uint_ops,
	[FIELD_BOOL] = &field_bool_ops,
	[FIELD_ENUM] = &field_enum_ops,
	[FIELD_DEVICE] = &field_device_ops,
	[FIELD_DURATION] = &field_duration_ops,
	[FIELD_STRINGS] = &field_strings_ops,
	[FIELD_OBJECTS] = &objects_ops,
};
/* clang-format on */
static_assert(ARRAY_SIZE(ops) == FIELD_OBJECTS + 1, "each field type has a row");

/* --- fields --- */

static const struct field_ops *ops_of(const struct field *field)
{
	return ops[field->type];
}

int field_parse(struct obj *obj, unsigned int index, const char *text, char **ret_error,
		size_t *ret_offset)
{
	const struct field_ops *field = ops_of(&obj->class->fields[index]);

	assert(index < obj->class->field_count);
	assert(field->parse);
	return field->parse(obj, index, text,
			    (struct complaint){ ret_error, ret_offset });
}

int field_parse_item(struct obj *obj, unsigned int index, const char *text,
		     struct src_pos pos, char **ret_error, size_t *ret_offset)
{
	const struct field *field = field_of(obj, index, FIELD_STRINGS);
	int r = field_check_item(field, text,
				 (struct complaint){ ret_error, ret_offset });

	return r < 0 ? r : field_append_item(obj, index, text, pos);
}

void field_clear(struct obj *obj, unsigned int index)
{
	const struct field *field = &obj->class->fields[index];

	ops_of(field)->clear(field, field_member(obj, index));
	obj->set &= ~(UINT64_C(1) << index);
}

void field_set_empty(struct obj *obj, unsigned int index)
{
	assert(field_is_list(&obj->class->fields[index]));
	field_clear(obj, index);
	field_mark_set(obj, index);
}

bool field_equal(const struct obj *have, const struct obj *want, unsigned int index)
{
	assert(field_is_set(have, index) && field_is_set(want, index));
	return ops_of(&have->class->fields[index])
		->equal(field_const_member(have, index), field_const_member(want, index));
}

void field_print(const struct obj *obj, unsigned int index, struct buf *out)
{
	const struct field *field = &obj->class->fields[index];

	assert(field_is_set(obj, index));
	ops_of(field)->print(field, field_const_member(obj, index), out);
}

bool field_is_default(const struct obj *obj, unsigned int index)
{
	const char *value = obj->class->fields[index].value;
	_cleanup_(buf_done) struct buf text = { 0 };

	if (!value)
		return false;
	field_print(obj, index, &text);
	return text.data && streq(text.data, value);
}

void field_resolve(struct obj *obj, unsigned int index, uint64_t ram_bytes)
{
	const struct field_ops *field = ops_of(&obj->class->fields[index]);

	if (field->resolve && field_is_set(obj, index))
		field->resolve(field_member(obj, index), ram_bytes);
}

int field_add_object(struct obj *obj, unsigned int index, struct obj *item)
{
	struct object_list *list = field_member(obj, index);
	int r;

	assert(field_of(obj, index, FIELD_OBJECTS)->items == item->class);
	r = vec_push(&list->objs, item);
	if (r < 0)
		obj_free(item);
	else
		field_mark_set(obj, index);
	return r;
}

struct obj *field_find_object(const struct obj *obj, unsigned int index, const char *key)
{
	return field_is_set(obj, index) ? find_object(field_objects(obj, index), key)
					: NULL;
}

/* --- objects --- */

struct obj *obj_new(const struct obj_class *class)
{
	struct obj *obj = calloc(1, class->size);

	if (obj)
		obj->class = class;
	return obj;
}

void obj_free(struct obj *obj)
{
	if (!obj)
		return;
	for (unsigned int i = 0; i < obj->class->field_count; i++)
		field_clear(obj, i);
	free(obj->field_pos);
	free(obj->unmet);
	free(obj->in_use);
	free(obj->content);
	free(obj->unsaid);
	free(obj->extra);
	free(obj);
}

int obj_note(char **note, const char *fmt, ...)
{
	_cleanup_free_ char *more = NULL;
	char *all = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&more, fmt, args);
	va_end(args);
	if (r == 0 && *note)
		r = str_format(&all, "%s; %s", *note, more);
	if (r < 0)
		return r;
	free(*note);
	*note = all ? all : TAKE_PTR(more);
	return 0;
}

const char *obj_name(const struct obj *obj)
{
	if (obj->class->single)
		return obj->class->section;
	return obj->class->fields[0].type == FIELD_UINT ? obj->number
							: field_string(obj, 0);
}

struct src_pos obj_field_pos(const struct obj *obj, unsigned int index)
{
	if (obj->field_pos && obj->field_pos[index].line)
		return obj->field_pos[index];
	return obj->pos;
}

int obj_set_defaults(struct obj *obj)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const char *value = obj->class->fields[i].value;
		char *error = NULL;
		size_t offset;
		int r;

		if (!value || field_is_set(obj, i))
			continue;
		r = field_parse(obj, i, value, &error, &offset);
		free(error);
		if (r < 0)
			return r;
	}
	return 0;
}

uint64_t obj_differing(const struct obj *have, const struct obj *want)
{
	uint64_t differing = 0;

	for (unsigned int i = 0; i < want->class->field_count; i++) {
		unsigned int flags = want->class->fields[i].flags;

		if (flags & (FIELD_POLICY | FIELD_LIVE))
			continue;
		if (field_is_set(want, i)
			    ? !field_is_set(have, i) || !field_equal(have, want, i)
			    : flags & FIELD_EXACT && field_is_set(have, i))
			differing |= UINT64_C(1) << i;
	}
	return differing;
}

/* A size is the only value with a comma, which would end it inside of { }. */
static void print_in_flow(const struct obj *obj, unsigned int index, struct buf *out)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (obj->class->fields[index].type != FIELD_SIZE) {
		field_print(obj, index, out);
		return;
	}
	field_print(obj, index, &text);
	if (text.failed)
		out->failed = true;
	else
		buf_addf(out, strchr(text.data, ',') ? "\"%s\"" : "%s", text.data);
}

bool obj_is_off(const struct obj *obj)
{
	if (obj->class->is_off && obj->class->is_off(obj))
		return true;
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];

		if (field->type == FIELD_BOOL && field->flags & FIELD_DERIVED &&
		    field_is_set(obj, i) && !field_bool(obj, i))
			return true;
	}
	return false;
}

void obj_print(const struct obj *obj, unsigned int without, struct buf *out)
{
	const char *before = "{";

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];

		if (field->flags & without || !field_is_set(obj, i) ||
		    field_is_default(obj, i))
			continue;
		buf_addf(out, "%s%s: ", before, field->name);
		print_in_flow(obj, i, out);
		before = ", ";
	}
	buf_add(out, streq(before, "{") ? "{}" : "}");
}

int obj_compare_keys(const struct obj_class *a_class, const char *a_name,
		     const struct obj_class *b_class, const char *b_name)
{
	if (a_class->rank != b_class->rank)
		return a_class->rank < b_class->rank ? -1 : 1;
	if (a_class != b_class)
		return strcmp(a_class->name, b_class->name);
	return natural_compare(a_name, b_name);
}

int obj_compare(const struct obj *a, const struct obj *b)
{
	return obj_compare_keys(a->class, obj_name(a), b->class, obj_name(b));
}
