/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Derive the JSON Schema of the configuration from the rows of the field tables. */
#include "report/schema.h"

#include "base/cleanup.h"
#include "base/units.h"
#include "model/config.h"
#include "report/jsontext.h"

/* How sizes are written; what stands between the parentheses is left to --check. */
#define SIZE_PATTERN "^([1-9][0-9]*([KMGT]iB)?|([1-9][0-9]?|100)%|(min|max)\\(.+\\))$"

/* The address under which catalogues of schemas, and the editors that use them, know this one. */
#define SCHEMA_ID "https://www.schemastore.org/rapiddisk.json"

#define DURATION_PATTERN "^(0|[1-9][0-9]*)(ms|s|min|h|d)$"

static json_t *size_schema(const struct field *field)
{
	json_t *number = json_pack("{s:s, s:I}", "type", "integer", "minimum",
				   (json_int_t)(field->min ? field->min : 1));

	if (field->max)
		json_object_set_new(number, "maximum", json_u64(field->max));
	if (field->multiple)
		json_object_set_new(number, "multipleOf", json_u64(field->multiple));
	return json_pack("{s:[o, {s:s, s:s}]}", "anyOf", number, "type", "string",
			 "pattern", SIZE_PATTERN);
}

static json_t *uint_schema(const struct field *field)
{
	json_t *number = json_pack("{s:s, s:I}", "type", "integer", "minimum",
				   (json_int_t)field->min);

	if (field->max)
		json_object_set_new(number, "maximum", json_u64(field->max));
	return number;
}

static json_t *words_schema(const struct field *field)
{
	json_t *words = json_array();

	for (const char *const *word = field->words; *word; word++)
		json_array_append_new(words, json_string(*word));
	return json_pack("{s:o}", "enum", words);
}

/* A number of bytes is one of characters at most. */
static json_t *string_schema(const struct field *field)
{
	json_t *string =
		json_pack("{s:s, s:s*}", "type", "string", "pattern", field->pattern);

	if (field->type == FIELD_STRING && field->max)
		json_object_set_new(string, "maxLength", json_u64(field->max));
	return string;
}

static json_t *object_schema(const struct obj_class *class);
static json_t *type_schema(const struct field *field);

/* Each word of it is what the key is that it refers to, or a string. */
static json_t *strings_schema(const struct field *field)
{
	json_t *item =
		field->refers ? type_schema(field_item_of(field)) : string_schema(field);

	return json_pack("{s:s, s:o, s:b}", "type", "array", "items", item, "uniqueItems",
			 1);
}

static json_t *type_schema(const struct field *field)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_DEVICE:
		return string_schema(field);
	case FIELD_SIZE:
		return size_schema(field);
	case FIELD_UINT:
		return uint_schema(field);
	case FIELD_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case FIELD_ENUM:
		return words_schema(field);
	case FIELD_DURATION:
		return json_pack("{s:s, s:s}", "type", "string", "pattern",
				 DURATION_PATTERN);
	case FIELD_STRINGS:
		return strings_schema(field);
	case FIELD_OBJECTS:
		return json_pack("{s:s, s:o}", "type", "array", "items",
				 object_schema(field->items));
	}
	return NULL;
}

static json_t *default_value(const struct field *field)
{
	uint64_t number;

	if (field->type == FIELD_BOOL)
		return json_boolean(streq(field->value, "true"));
	if (field->type == FIELD_UINT && units_parse_uint(field->value, &number) == 0)
		return json_u64(number);
	return json_string(field->value);
}

static json_t *field_schema(const struct field *field)
{
	json_t *schema = type_schema(field);

	json_object_set_new(schema, "description", json_string(field->doc));
	if (field->value)
		json_object_set_new(schema, "default", default_value(field));
	return schema;
}

static json_t *object_schema(const struct obj_class *class)
{
	json_t *properties = json_object(), *required = json_array();

	for (unsigned int i = 0; i < class->field_count; i++) {
		const struct field *field = &class->fields[i];

		if (!field_is_key(field))
			continue;
		json_object_set_new(properties, field->name, field_schema(field));
		if (field->flags & FIELD_REQUIRED)
			json_array_append_new(required, json_string(field->name));
	}
	return json_pack("{s:s, s:b, s:o, s:o}", "type", "object", "additionalProperties",
			 0, "required", required, "properties", properties);
}

/* A section may be empty, as `ramdisks:` is once its entries are commented out. */
static json_t *section_schema(const struct obj_class *class)
{
	json_t *object = object_schema(class);

	if (!class->single)
		return json_pack("{s:s, s:[s, s], s:o}", "description", class->doc,
				 "type", "array", "null", "items", object);
	json_object_set_new(object, "description", json_string(class->doc));
	json_object_set_new(object, "type", json_pack("[s, s]", "object", "null"));
	return object;
}

int schema_to_json(const struct obj_class *const *classes, char **ret)
{
	json_t *sections =
		json_pack("{s:{s:s, s:i}}", "version", "description",
			  "Version of this file's format; each drop-in has its own",
			  "const", CONFIG_VERSION);
	json_t *schema;

	for (; *classes; classes++)
		if ((*classes)->section)
			json_object_set_new(sections, (*classes)->section,
					    section_schema(*classes));
	schema = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:b, s:[s], s:o}", "$schema",
		"http://json-schema.org/draft-07/schema#", "$id", SCHEMA_ID, "title",
		CONFIG_PATH, "description",
		"The RAM disks, caches and NVMe exports of this machine, or, in a "
		"drop-in in " CONFIG_DROPINS_PATH ", a part of them",
		"type", "object", "additionalProperties", 0, "required", "version",
		"properties", sections);
	return json_take_text(schema, false, ret);
}
