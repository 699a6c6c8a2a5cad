/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turn the value of a field into a number or into the text of a label. */
#include "model/metric.h"

#include "model/object.h"

#include <string.h>

static uint64_t count_items(const struct obj *obj, unsigned int index)
{
	uint64_t count = 0;

	if (!field_is_set(obj, index))
		return 0;
	if (obj->class->fields[index].type == FIELD_STRINGS)
		return field_strings(obj, index)->items.count;
	vec_foreach (item, &field_objects(obj, index)->objs)
		count += !obj_is_off(*item);
	return count;
}

bool metric_value(const struct obj *obj, unsigned int index, uint64_t *ret)
{
	const struct field *field = &obj->class->fields[index];

	if (field_is_list(field)) {
		*ret = count_items(obj, index);
		return true;
	}
	if (!field_is_set(obj, index))
		return false;
	switch (field->type) {
	case FIELD_UINT:
		*ret = field_uint(obj, index);
		return true;
	case FIELD_SIZE:
		*ret = field_size(obj, index)->bytes;
		return true;
	case FIELD_BOOL:
		*ret = field_bool(obj, index);
		return true;
	case FIELD_ENUM:
		*ret = (uint64_t)field_enum(obj, index);
		return true;
	default:
		return false;
	}
}

const char *metric_label(const struct obj *obj, unsigned int index)
{
	const struct field *field = &obj->class->fields[index];
	const char *text = NULL;

	if (!field_is_set(obj, index))
		return field->type == FIELD_ENUM ? "unknown" : "";
	if (field->type == FIELD_ENUM)
		return field->words[field_enum(obj, index)];
	if (field->type == FIELD_STRING)
		return field_string(obj, index);
	if (field->type == FIELD_DEVICE)
		text = field_device(obj, index)->text;
	if (text && strncmp(text, "/dev/", strlen("/dev/")) == 0)
		text += strlen("/dev/");
	return text ? text : "";
}
