/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the field tables, and the setters and getters of the types. */
#pragma once

#include "model/class.h"

/* field_is_set() - True if @obj holds a value for the field of index @index. */
bool field_is_set(const struct obj *obj, unsigned int index);

/* Setters for observed values; each sets the bit of the field. field_set_string() copies. */
int field_set_string(struct obj *obj, unsigned int index, const char *value);
void field_set_uint(struct obj *obj, unsigned int index, uint64_t value);
void field_set_bool(struct obj *obj, unsigned int index, bool value);
void field_set_size(struct obj *obj, unsigned int index, uint64_t bytes);

/* @text: a new .text; NULL: keep .text, set the number alone. Return: 0 or -ENOMEM. */
int field_set_device(struct obj *obj, unsigned int index, const char *text,
		     uint64_t number);
/* @word: an index into .words, also after the NULL. */
void field_set_enum(struct obj *obj, unsigned int index, int word);

/* field_add_item() - Append an observed value to a FIELD_STRINGS. 0 or -ENOMEM. */
int field_add_item(struct obj *obj, unsigned int index, const char *text);

/* field_has_item() - True if the FIELD_STRINGS is set and has @text. */
bool field_has_item(const struct obj *obj, unsigned int index, const char *text);

/*
 * field_item_of() - Return the row that describes one value of @field: the key of the class
 * that it refers to, otherwise @field.
 */
const struct field *field_item_of(const struct field *field);

/* field_is_list() - True if YAML has the field as a list. */
bool field_is_list(const struct field *field);

/* field_is_key() - True if the configuration can set the field. */
bool field_is_key(const struct field *field);

/* Typed getters. The field must be of that type and set. */
const char *field_string(const struct obj *obj, unsigned int index);
uint64_t field_uint(const struct obj *obj, unsigned int index);
bool field_bool(const struct obj *obj, unsigned int index);
int field_enum(const struct obj *obj, unsigned int index);
const struct size *field_size(const struct obj *obj, unsigned int index);
const struct device_ref *field_device(const struct obj *obj, unsigned int index);
const struct string_list *field_strings(const struct obj *obj, unsigned int index);
const struct object_list *field_objects(const struct obj *obj, unsigned int index);
