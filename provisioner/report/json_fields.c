/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turn the fields of an object into JSON values, each by its type. */
#include "report/json_fields.h"

#include "base/units.h"

json_t *json_fields(const struct obj *obj, json_t *json)
{
	for (unsigned int i = 0; json && i < obj->class->field_count; i++) {
		if (!field_is_set(obj, i))
			continue;
		if (json_object_set_new(json, obj->class->fields[i].name,
					json_field(obj, i)) < 0) {
			json_decref(json);
			return NULL;
		}
	}
	return json;
}

static json_t *item_to_json(const struct field *field, const char *text)
{
	uint64_t number;

	if (field_item_of(field)->type == FIELD_UINT &&
	    units_parse_uint(text, &number) == 0)
		return json_u64(number);
	return json_text(text);
}

static json_t *list_to_json(const struct obj *obj, unsigned int index)
{
	const struct field *field = &obj->class->fields[index];
	json_t *list = json_array();
	int r = 0;

	if (field->type == FIELD_STRINGS) {
		vec_foreach (item, &field_strings(obj, index)->items)
			r |= json_array_append_new(list, item_to_json(field, item->text));
	} else {
		vec_foreach (item, &field_objects(obj, index)->objs)
			r |= json_array_append_new(list,
						   json_fields(*item, json_object()));
	}
	if (r == 0)
		return list;
	json_decref(list);
	return NULL;
}

json_t *json_field(const struct obj *obj, unsigned int index)
{
	const struct field *field = &obj->class->fields[index];
	_cleanup_(buf_done) struct buf text = { 0 };

	switch (field->type) {
	case FIELD_UINT:
		return json_u64(field_uint(obj, index));
	case FIELD_BOOL:
		return json_boolean(field_bool(obj, index));
	case FIELD_SIZE:
		return json_u64(field_size(obj, index)->bytes);
	case FIELD_STRINGS:
	case FIELD_OBJECTS:
		return list_to_json(obj, index);
	case FIELD_STRING:
		if (!(field->flags & FIELD_SECRET))
			return item_to_json(field, field_string(obj, index));
		/* fallthrough */
	case FIELD_ENUM:
	case FIELD_DEVICE:
	case FIELD_DURATION:
		field_print(obj, index, &text);
		return text.failed ? NULL : json_text(text.data);
	}
	return NULL;
}
