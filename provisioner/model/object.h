/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects, desired and observed, and the operations that every field has. */
#pragma once

#include "model/field.h"

/* --- fields --- */

/*
 * field_parse() - Set the field of index @index from the text of the YAML.
 *
 * A FIELD_SIZE keeps the text; a size with a share of RAM has no bytes before
 * model_resolve().
 * Return: 0; -ENOMEM; -EINVAL with *ret_error (a sentence without the value, the caller's
 * to free) and *ret_offset (a byte offset in @text). The object is unchanged on failure.
 */
int field_parse(struct obj *obj, unsigned int index, const char *text, char **ret_error,
		size_t *ret_offset);

/*
 * field_parse_item() - Append the text of the YAML at @pos to a FIELD_STRINGS. Duplicates
 * are not detected. Return: as field_parse().
 */
int field_parse_item(struct obj *obj, unsigned int index, const char *text,
		     struct src_pos pos, char **ret_error, size_t *ret_offset);

/*
 * field_add_object() - Append @item, which must have its key, to a FIELD_OBJECTS. Takes
 * ownership of @item, also on failure. Return: 0 or -ENOMEM.
 */
int field_add_object(struct obj *obj, unsigned int index, struct obj *item);

/* field_find_object() - Find an object of a FIELD_OBJECTS by its key. NULL: no such object. */
struct obj *field_find_object(const struct obj *obj, unsigned int index, const char *key);

/* field_set_empty() - Set a list to the empty list. */
void field_set_empty(struct obj *obj, unsigned int index);

/* field_clear() - Unset the field and free its value. */
void field_clear(struct obj *obj, unsigned int index);

/* field_resolve() - Set the bytes of a size with a share of RAM, also in objects of a list. */
void field_resolve(struct obj *obj, unsigned int index, uint64_t ram_bytes);

/*
 * field_equal() - True if @have holds the value of @want. Both must be set. Objects of a
 * list are compared by obj_differing().
 */
bool field_equal(const struct obj *have, const struct obj *want, unsigned int index);

/* field_is_default() - True if the value is the default of the row. */
bool field_is_default(const struct obj *obj, unsigned int index);

/*
 * field_print() - Append the value as YAML: `2GiB`, `true`, a string in quotes if it needs
 * quotes. A size is printed as its bytes, in the shortest exact form; before
 * model_resolve(), a size with a share of RAM is printed as its text. A list is printed in
 * one line. A secret is printed as "(not shown)".
 */
void field_print(const struct obj *obj, unsigned int index, struct buf *out);

/* --- objects --- */

/* obj_new() - Create an object without values. Return: NULL without memory. */
struct obj *obj_new(const struct obj_class *class);
void obj_free(struct obj *obj);

/*
 * obj_note() - Append a remark to @note, which is &obj->unsaid or &obj->extra.
 * Return: 0 or -ENOMEM.
 */
int obj_note(char **note, const char *fmt, ...) _printf_(2, 3);

/* obj_name() - Return the key, which must be set; the section if the class is single. */
const char *obj_name(const struct obj *obj);

/*
 * obj_differing() - Return the fields in which @have differs from @want: bit i for fields[i].
 * A field that @want does not set is not compared, unless it is FIELD_EXACT.
 */
uint64_t obj_differing(const struct obj *have, const struct obj *want);

/*
 * obj_print() - Append the object as a YAML mapping in one line, with its key and without
 * defaults: `{id: 1, device: rd0}`.
 * @without: leave out the fields with one of these flags.
 */
void obj_print(const struct obj *obj, unsigned int without, struct buf *out);

/*
 * obj_is_off() - True if the observed @obj exists and is switched off, which the
 * configuration cannot say: its class says so, or a FIELD_DERIVED boolean is false.
 */
bool obj_is_off(const struct obj *obj);

/*
 * obj_field_pos() - Return the place of a field's value in the YAML; the place of the object
 * if the file does not set the field.
 */
struct src_pos obj_field_pos(const struct obj *obj, unsigned int index);

/*
 * obj_set_defaults() - Set each unset field that has a default. Return: 0 or -ENOMEM.
 */
int obj_set_defaults(struct obj *obj);

/*
 * obj_compare() - Order by rank of the class, then name, numbers in it by value (rd2
 * before rd10). Return: <0, 0, >0.
 */
int obj_compare(const struct obj *a, const struct obj *b);

/* obj_compare_keys() - The same, of objects that the class and the name stand for. */
int obj_compare_keys(const struct obj_class *a_class, const char *a_name,
		     const struct obj_class *b_class, const char *b_name);
