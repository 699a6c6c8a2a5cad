/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/field.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "base/utf8.h"
#include "model/object.h"
#include "model/pattern.h"
#include "model/scalar.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

/* Longer than any path or name the kernel takes; it also bounds the work of a regex. */
#define STRING_MAX 4096

/* What field_parse() hands back about a value that is wrong. */
struct complaint {
	char **error;
	size_t *offset;
};

static int complain(struct complaint c, size_t offset, const char *fmt, ...)
	_printf_(3, 4);

static const struct field *field_of(const struct obj *obj, unsigned int index,
				    enum field_type type)
{
	assert(index < obj->class->field_count);
	assert(obj->class->fields[index].type == type);
	return &obj->class->fields[index];
}

static void *member_of(struct obj *obj, unsigned int index)
{
	return (char *)obj + obj->class->fields[index].offset;
}

static const void *const_member_of(const struct obj *obj, unsigned int index)
{
	return (const char *)obj + obj->class->fields[index].offset;
}

static void mark_set(struct obj *obj, unsigned int index)
{
	obj->set |= UINT64_C(1) << index;
}

bool field_is_set(const struct obj *obj, unsigned int index)
{
	return obj->set >> index & 1;
}

/* --- parsing --- */

static int complain(struct complaint c, size_t offset, const char *fmt, ...)
{
	va_list args;
	char *text;
	int r;

	va_start(args, fmt);
	r = vasprintf(&text, fmt, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	*c.error = text;
	*c.offset = offset;
	return -EINVAL;
}

static int check_pattern(const struct field *field, const char *text, struct complaint c)
{
	size_t offset = 0;
	int r;

	if (!field->pattern)
		return 0;
	r = pattern_check(field->pattern, text, &offset);
	if (r == -EINVAL)
		return complain(c, offset, "expected %s",
				field->expects ? field->expects : field->pattern);
	return r;
}

static int check_string(const struct field *field, const char *text, struct complaint c)
{
	size_t len = strlen(text);
	size_t most = field->type == FIELD_STRING && field->max ? field->max : STRING_MAX;

	if (len > most)
		return complain(c, most, "longer than %zu bytes", most);
	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0 || !utf8_is_text(character))
			return complain(c, at, "has a character that cannot be printed");
		at += bytes;
	}
	return check_pattern(field, text, c);
}

static int parse_string(struct obj *obj, unsigned int index, const char *text,
			struct complaint c)
{
	int r = check_string(&obj->class->fields[index], text, c);

	return r < 0 ? r : field_set_string(obj, index, text);
}

static int check_bounds(const struct field *field, uint64_t value, size_t offset,
			struct complaint c)
{
	char low[UNITS_SIZE_MAX], high[UNITS_SIZE_MAX];

	if (field->type == FIELD_SIZE) {
		units_format_size(field->min, low);
		units_format_size(field->max, high);
	} else if (field->type == FIELD_DURATION) {
		units_format_duration(field->min, low);
		units_format_duration(field->max, high);
	} else {
		snprintf(low, sizeof(low), "%" PRIu64, field->min);
		snprintf(high, sizeof(high), "%" PRIu64, field->max);
	}
	if (value < field->min && field->max && field->type == FIELD_UINT)
		return complain(c, offset, "expected a number from %s to %s", low, high);
	if (value < field->min)
		return complain(c, offset, "has to be at least %s", low);
	if (field->max && value > field->max)
		return complain(c, offset, "has to be at most %s", high);
	if (field->multiple && value % field->multiple != 0)
		return complain(c, offset, "has to be a multiple of %" PRIu64 " bytes",
				field->multiple);
	return 0;
}

static int parse_size(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	const struct field *field = &obj->class->fields[index];
	struct size *size = member_of(obj, index);
	size_t offset = 0, start;
	const char *error;
	uint64_t bytes, part;
	char *copy;

	if (units_eval_size(text, 0, &bytes, &offset, &error) < 0)
		return complain(c, offset, "%s", error);
	offset = 0;
	while (units_next_bytes(text, &offset, &start, &part)) {
		int r = check_bounds(field, part, start, c);

		if (r < 0)
			return r;
	}
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(size->text);
	size->text = copy;
	size->bytes = strchr(text, '%') ? 0 : bytes;
	mark_set(obj, index);
	return 0;
}

static int parse_uint(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	uint64_t value;
	size_t digits = strspn(text, "0123456789");
	int r = units_parse_uint(text, &value);

	if (r == -EINVAL)
		return complain(c, digits, "expected a whole number, digits only");
	if (text[0] == '0' && digits > 1)
		return complain(c, 0, "a number has no leading zero");
	if (r == -ERANGE)
		return complain(c, 0, "larger than 64 bits can hold");
	r = check_bounds(&obj->class->fields[index], value, 0, c);
	if (r < 0)
		return r;
	field_set_uint(obj, index, value);
	return 0;
}

static int parse_bool(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	if (!streq(text, "true") && !streq(text, "false"))
		return complain(c, 0, "write true or false");
	field_set_bool(obj, index, streq(text, "true"));
	return 0;
}

static int parse_enum(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	const struct field *field = &obj->class->fields[index];
	struct buf words = { 0 };
	int r;

	for (int i = 0; field->words[i]; i++) {
		if (streq(text, field->words[i])) {
			*(int *)member_of(obj, index) = i;
			mark_set(obj, index);
			return 0;
		}
	}
	buf_add_choice(&words, field->words);
	if (words.failed)
		r = -ENOMEM;
	else if (field->refused && streq(text, field->refused))
		r = complain(c, 0, "%s: use %s", field->refused_why, words.data);
	else
		r = complain(c, 0, "expected %s", words.data);
	buf_done(&words);
	return r;
}

static int parse_device(struct obj *obj, unsigned int index, const char *text,
			struct complaint c)
{
	int r = check_string(&obj->class->fields[index], text, c);

	return r < 0 ? r : field_set_device(obj, index, text, 0);
}

static int parse_duration(struct obj *obj, unsigned int index, const char *text,
			  struct complaint c)
{
	const char *error;
	size_t offset = 0;
	uint64_t ms;
	int r;

	if (units_parse_duration(text, &ms, &offset, &error) < 0)
		return complain(c, offset, "%s", error);
	r = check_bounds(&obj->class->fields[index], ms, 0, c);
	if (r < 0)
		return r;
	*(uint64_t *)member_of(obj, index) = ms;
	mark_set(obj, index);
	return 0;
}

int field_parse(struct obj *obj, unsigned int index, const char *text, char **ret_error,
		size_t *ret_offset)
{
	struct complaint c = { ret_error, ret_offset };

	assert(index < obj->class->field_count);
	switch (obj->class->fields[index].type) {
	case FIELD_STRING:
		return parse_string(obj, index, text, c);
	case FIELD_SIZE:
		return parse_size(obj, index, text, c);
	case FIELD_UINT:
		return parse_uint(obj, index, text, c);
	case FIELD_BOOL:
		return parse_bool(obj, index, text, c);
	case FIELD_ENUM:
		return parse_enum(obj, index, text, c);
	case FIELD_DEVICE:
		return parse_device(obj, index, text, c);
	case FIELD_DURATION:
		return parse_duration(obj, index, text, c);
	case FIELD_STRINGS:
	case FIELD_OBJECTS:
		break;
	}
	assert(!"a field type that is no single value");
	return -EINVAL;
}

/* What names an object is checked as the key of such an object. */
static int check_reference(const struct obj_class *class, const char *text,
			   char **ret_error, size_t *ret_offset)
{
	struct obj *scratch = obj_new(class);
	int r = scratch ? field_parse(scratch, 0, text, ret_error, ret_offset) : -ENOMEM;

	obj_free(scratch);
	return r;
}

static int append_item(struct obj *obj, unsigned int index, const char *text,
		       struct src_pos pos)
{
	struct string_list *list = member_of(obj, index);
	struct list_item item = { strdup(text), pos };
	int r = item.text ? vec_push(&list->items, item) : -ENOMEM;

	if (r < 0)
		free(item.text);
	else
		mark_set(obj, index);
	return r;
}

int field_parse_item(struct obj *obj, unsigned int index, const char *text,
		     struct src_pos pos, char **ret_error, size_t *ret_offset)
{
	const struct field *field = field_of(obj, index, FIELD_STRINGS);
	struct complaint c = { ret_error, ret_offset };
	int r = field->refers
			? check_reference(field->refers, text, ret_error, ret_offset)
			: check_string(field, text, c);

	return r < 0 ? r : append_item(obj, index, text, pos);
}

/* --- setting --- */

static void clear_string(const struct field *field, char **text)
{
	if (*text && field->flags & FIELD_SECRET)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

static void clear_strings(struct string_list *list)
{
	vec_foreach (item, &list->items)
		free(item->text);
	vec_done(&list->items);
}

static void clear_objects(struct object_list *list)
{
	vec_foreach (obj, &list->objs)
		obj_free(*obj);
	vec_done(&list->objs);
}

int field_set_string(struct obj *obj, unsigned int index, const char *value)
{
	char **member, *copy;

	(void)field_of(obj, index, FIELD_STRING);
	copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	member = member_of(obj, index);
	clear_string(&obj->class->fields[index], member);
	*member = copy;
	mark_set(obj, index);
	return 0;
}

void field_set_uint(struct obj *obj, unsigned int index, uint64_t value)
{
	const struct field *field = field_of(obj, index, FIELD_UINT);

	*(uint64_t *)member_of(obj, index) = value;
	if (field->flags & FIELD_KEY)
		snprintf(obj->number, sizeof(obj->number), "%" PRIu64, value);
	mark_set(obj, index);
}

void field_set_bool(struct obj *obj, unsigned int index, bool value)
{
	(void)field_of(obj, index, FIELD_BOOL);
	*(bool *)member_of(obj, index) = value;
	mark_set(obj, index);
}

void field_set_size(struct obj *obj, unsigned int index, uint64_t bytes)
{
	struct size *size = member_of(obj, index);

	(void)field_of(obj, index, FIELD_SIZE);
	free(size->text);
	*size = (struct size){ .bytes = bytes };
	mark_set(obj, index);
}

int field_set_device(struct obj *obj, unsigned int index, const char *text,
		     uint64_t number)
{
	struct device_ref *device = member_of(obj, index);

	(void)field_of(obj, index, FIELD_DEVICE);
	if (text) {
		char *copy = strdup(text);

		if (!copy)
			return -ENOMEM;
		free(device->text);
		device->text = copy;
	}
	assert(device->text);
	device->number = number;
	mark_set(obj, index);
	return 0;
}

void field_set_enum(struct obj *obj, unsigned int index, int word)
{
	(void)field_of(obj, index, FIELD_ENUM);
	*(int *)member_of(obj, index) = word;
	mark_set(obj, index);
}

void field_set_empty(struct obj *obj, unsigned int index)
{
	assert(field_is_list(&obj->class->fields[index]));
	field_clear(obj, index);
	mark_set(obj, index);
}

int field_add_item(struct obj *obj, unsigned int index, const char *text)
{
	(void)field_of(obj, index, FIELD_STRINGS);
	return append_item(obj, index, text, (struct src_pos){ 0 });
}

int field_add_object(struct obj *obj, unsigned int index, struct obj *item)
{
	struct object_list *list = member_of(obj, index);
	int r;

	assert(field_of(obj, index, FIELD_OBJECTS)->items == item->class);
	r = vec_push(&list->objs, item);
	if (r < 0)
		obj_free(item);
	else
		mark_set(obj, index);
	return r;
}

const struct field *field_item_of(const struct field *field)
{
	return field->refers ? &field->refers->fields[0] : field;
}

bool field_is_list(const struct field *field)
{
	return field->type == FIELD_STRINGS || field->type == FIELD_OBJECTS;
}

bool field_is_key(const struct field *field)
{
	return !(field->flags & (FIELD_LIVE | FIELD_DERIVED));
}

void field_clear(struct obj *obj, unsigned int index)
{
	void *member = member_of(obj, index);

	switch (obj->class->fields[index].type) {
	case FIELD_STRING:
		clear_string(&obj->class->fields[index], member);
		break;
	case FIELD_STRINGS:
		clear_strings(member);
		break;
	case FIELD_OBJECTS:
		clear_objects(member);
		break;
	case FIELD_SIZE:
		free(((struct size *)member)->text);
		*(struct size *)member = (struct size){ 0 };
		break;
	case FIELD_DEVICE:
		free(((struct device_ref *)member)->text);
		*(struct device_ref *)member = (struct device_ref){ 0 };
		break;
	case FIELD_UINT:
	case FIELD_DURATION:
		*(uint64_t *)member = 0;
		break;
	case FIELD_BOOL:
		*(bool *)member = false;
		break;
	case FIELD_ENUM:
		*(int *)member = 0;
		break;
	}
	obj->set &= ~(UINT64_C(1) << index);
}

static void resolve_objects(const struct object_list *list, uint64_t ram_bytes)
{
	vec_foreach (obj, &list->objs)
		for (unsigned int i = 0; i < (*obj)->class->field_count; i++)
			field_resolve(*obj, i, ram_bytes);
}

void field_resolve(struct obj *obj, unsigned int index, uint64_t ram_bytes)
{
	enum field_type type = obj->class->fields[index].type;
	struct size *size;
	const char *error;
	size_t offset;
	int r;

	if (!field_is_set(obj, index))
		return;
	if (type == FIELD_OBJECTS)
		resolve_objects(field_objects(obj, index), ram_bytes);
	if (type != FIELD_SIZE)
		return;
	size = member_of(obj, index);
	if (!size->text || !strchr(size->text, '%'))
		return;
	r = units_eval_size(size->text, ram_bytes, &size->bytes, &offset, &error);
	assert(r == 0);
}

/* --- reading --- */

const char *field_string(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_STRING);
	assert(field_is_set(obj, index));
	return *(char *const *)const_member_of(obj, index);
}

uint64_t field_uint(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_UINT);
	assert(field_is_set(obj, index));
	return *(const uint64_t *)const_member_of(obj, index);
}

bool field_bool(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_BOOL);
	assert(field_is_set(obj, index));
	return *(const bool *)const_member_of(obj, index);
}

const struct size *field_size(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_SIZE);
	assert(field_is_set(obj, index));
	return const_member_of(obj, index);
}

const struct device_ref *field_device(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_DEVICE);
	assert(field_is_set(obj, index));
	return const_member_of(obj, index);
}

const struct string_list *field_strings(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_STRINGS);
	assert(field_is_set(obj, index));
	return const_member_of(obj, index);
}

const struct object_list *field_objects(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_OBJECTS);
	assert(field_is_set(obj, index));
	return const_member_of(obj, index);
}

bool field_has_item(const struct obj *obj, unsigned int index, const char *text)
{
	if (!field_is_set(obj, index))
		return false;
	vec_foreach (item, &field_strings(obj, index)->items) {
		if (streq(item->text, text))
			return true;
	}
	return false;
}

struct obj *field_find_object(const struct obj *obj, unsigned int index, const char *key)
{
	if (!field_is_set(obj, index))
		return NULL;
	vec_foreach (item, &field_objects(obj, index)->objs) {
		if (streq(obj_name(*item), key))
			return *item;
	}
	return NULL;
}

static uint64_t field_duration(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_DURATION);
	assert(field_is_set(obj, index));
	return *(const uint64_t *)const_member_of(obj, index);
}

int field_enum(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_ENUM);
	assert(field_is_set(obj, index));
	return *(const int *)const_member_of(obj, index);
}

static bool same_device(const struct device_ref *a, const struct device_ref *b)
{
	return a->number != 0 && a->number == b->number;
}

static bool same_strings(const struct obj *have, const struct obj *want,
			 unsigned int index)
{
	const struct string_list *wanted = field_strings(want, index);

	if (field_strings(have, index)->items.count != wanted->items.count)
		return false;
	vec_foreach (item, &wanted->items) {
		if (!field_has_item(have, index, item->text))
			return false;
	}
	return true;
}

static bool same_objects(const struct obj *have, const struct obj *want,
			 unsigned int index)
{
	const struct object_list *wanted = field_objects(want, index);

	if (field_objects(have, index)->objs.count != wanted->objs.count)
		return false;
	vec_foreach (item, &wanted->objs) {
		const struct obj *live = field_find_object(have, index, obj_name(*item));

		if (!live || obj_differing(live, *item))
			return false;
	}
	return true;
}

bool field_equal(const struct obj *have, const struct obj *want, unsigned int index)
{
	switch (have->class->fields[index].type) {
	case FIELD_STRING:
		return streq(field_string(have, index), field_string(want, index));
	case FIELD_SIZE:
		return field_size(have, index)->bytes == field_size(want, index)->bytes;
	case FIELD_UINT:
		return field_uint(have, index) == field_uint(want, index);
	case FIELD_BOOL:
		return field_bool(have, index) == field_bool(want, index);
	case FIELD_ENUM:
		return field_enum(have, index) == field_enum(want, index);
	case FIELD_DEVICE:
		return same_device(field_device(have, index), field_device(want, index));
	case FIELD_DURATION:
		return field_duration(have, index) == field_duration(want, index);
	case FIELD_STRINGS:
		return same_strings(have, want, index);
	case FIELD_OBJECTS:
		return same_objects(have, want, index);
	}
	return false;
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

/* What is a number in the key that it refers to is one here. */
static void print_reference(const struct field *field, const char *text, struct buf *out)
{
	if (field_item_of(field)->type == FIELD_UINT)
		buf_add(out, text);
	else
		scalar_print(text, out);
}

static void print_strings(const struct obj *obj, unsigned int index, struct buf *out)
{
	const char *before = "[";

	vec_foreach (item, &field_strings(obj, index)->items) {
		buf_add(out, before);
		print_reference(&obj->class->fields[index], item->text, out);
		before = ", ";
	}
	buf_add(out, streq(before, "[") ? "[]" : "]");
}

static void print_objects(const struct obj *obj, unsigned int index, struct buf *out)
{
	const char *before = "[";

	vec_foreach (item, &field_objects(obj, index)->objs) {
		buf_add(out, before);
		obj_print(*item, FIELD_LIVE | FIELD_DERIVED, out);
		before = ", ";
	}
	buf_add(out, streq(before, "[") ? "[]" : "]");
}

void field_print(const struct obj *obj, unsigned int index, struct buf *out)
{
	char text[UNITS_SIZE_MAX];
	const struct size *size;

	switch (obj->class->fields[index].type) {
	case FIELD_STRING:
		if (obj->class->fields[index].flags & FIELD_SECRET)
			buf_add(out, "(not shown)");
		else
			print_reference(&obj->class->fields[index],
					field_string(obj, index), out);
		break;
	case FIELD_STRINGS:
		print_strings(obj, index, out);
		break;
	case FIELD_OBJECTS:
		print_objects(obj, index, out);
		break;
	case FIELD_SIZE:
		size = field_size(obj, index);
		if (size->bytes == 0 && size->text)
			buf_add(out, size->text);
		else
			buf_add(out, units_format_size(size->bytes, text));
		break;
	case FIELD_UINT:
		buf_addf(out, "%" PRIu64, field_uint(obj, index));
		break;
	case FIELD_BOOL:
		buf_add(out, field_bool(obj, index) ? "true" : "false");
		break;
	case FIELD_ENUM:
		buf_add(out, obj->class->fields[index].words[field_enum(obj, index)]);
		break;
	case FIELD_DEVICE:
		scalar_print(field_device(obj, index)->text, out);
		break;
	case FIELD_DURATION:
		buf_add(out, units_format_duration(field_duration(obj, index), text));
		break;
	}
}
