/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The values of fields: a setter and a getter for each type, and the questions to a row. */
#include "model/field.h"

#include "base/str.h"
#include "model/field_ops.h"

#include <inttypes.h>

bool field_is_set(const struct obj *obj, unsigned int index)
{
	return obj->set >> index & 1;
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

/* --- setters --- */

int field_set_string(struct obj *obj, unsigned int index, const char *value)
{
	const struct field *field = field_of(obj, index, FIELD_STRING);
	char **member, *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	member = field_member(obj, index);
	field_clear_string(field, member);
	*member = copy;
	field_mark_set(obj, index);
	return 0;
}

void field_set_uint(struct obj *obj, unsigned int index, uint64_t value)
{
	const struct field *field = field_of(obj, index, FIELD_UINT);

	*(uint64_t *)field_member(obj, index) = value;
	if (field->flags & FIELD_KEY)
		snprintf(obj->number, sizeof(obj->number), "%" PRIu64, value);
	field_mark_set(obj, index);
}

void field_set_bool(struct obj *obj, unsigned int index, bool value)
{
	(void)field_of(obj, index, FIELD_BOOL);
	*(bool *)field_member(obj, index) = value;
	field_mark_set(obj, index);
}

void field_set_size(struct obj *obj, unsigned int index, uint64_t bytes)
{
	struct size *size = field_member(obj, index);

	(void)field_of(obj, index, FIELD_SIZE);
	free(size->text);
	*size = (struct size){ .bytes = bytes };
	field_mark_set(obj, index);
}

int field_set_device(struct obj *obj, unsigned int index, const char *text,
		     uint64_t number)
{
	struct device_ref *device = field_member(obj, index);

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
	field_mark_set(obj, index);
	return 0;
}

void field_set_enum(struct obj *obj, unsigned int index, int word)
{
	(void)field_of(obj, index, FIELD_ENUM);
	*(int *)field_member(obj, index) = word;
	field_mark_set(obj, index);
}

int field_add_item(struct obj *obj, unsigned int index, const char *text)
{
	(void)field_of(obj, index, FIELD_STRINGS);
	return field_append_item(obj, index, text, (struct src_pos){ 0 });
}

/* --- getters --- */

const char *field_string(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_STRING);
	assert(field_is_set(obj, index));
	return *(char *const *)field_const_member(obj, index);
}

uint64_t field_uint(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_UINT);
	assert(field_is_set(obj, index));
	return *(const uint64_t *)field_const_member(obj, index);
}

bool field_bool(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_BOOL);
	assert(field_is_set(obj, index));
	return *(const bool *)field_const_member(obj, index);
}

int field_enum(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_ENUM);
	assert(field_is_set(obj, index));
	return *(const int *)field_const_member(obj, index);
}

const struct size *field_size(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_SIZE);
	assert(field_is_set(obj, index));
	return field_const_member(obj, index);
}

const struct device_ref *field_device(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_DEVICE);
	assert(field_is_set(obj, index));
	return field_const_member(obj, index);
}

const struct string_list *field_strings(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_STRINGS);
	assert(field_is_set(obj, index));
	return field_const_member(obj, index);
}

const struct object_list *field_objects(const struct obj *obj, unsigned int index)
{
	(void)field_of(obj, index, FIELD_OBJECTS);
	assert(field_is_set(obj, index));
	return field_const_member(obj, index);
}

bool field_has_item(const struct obj *obj, unsigned int index, const char *text)
{
	return field_is_set(obj, index) &&
	       field_list_has(field_strings(obj, index), text);
}
