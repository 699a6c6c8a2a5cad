/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations of a field type, and the functions that the types share. Only the files that
 * define the types include this; all others use object.h.
 *
 * A new type is an enum field_type, a struct field_ops in field_number.c or field_text.c, and
 * a row in the table of object.c.
 */
#pragma once

#include "model/class.h"

#include <assert.h>

/* Outputs of a parser; see field_parse(). */
struct complaint {
	char **error;
	size_t *offset;
};

/* @member points to the member of the object's struct. It holds a value, unless stated. */
struct field_ops {
	/* Set the field. NULL: the type is a list. Return: as field_parse(). */
	int (*parse)(struct obj *obj, unsigned int index, const char *text,
		     struct complaint c);
	/* Free what the member holds and zero it. It may hold no value. */
	void (*clear)(const struct field *field, void *member);
	/* True if @have is the value that @want asks for. */
	bool (*equal)(const void *have, const void *want);
	void (*print)(const struct field *field, const void *member, struct buf *out);
	/* Evaluate shares of RAM. NULL: the type has none. */
	void (*resolve)(void *member, uint64_t ram_bytes);
};

static inline void *field_member(struct obj *obj, unsigned int index)
{
	return (char *)obj + obj->class->fields[index].offset;
}

static inline const void *field_const_member(const struct obj *obj, unsigned int index)
{
	return (const char *)obj + obj->class->fields[index].offset;
}

static inline void field_mark_set(struct obj *obj, unsigned int index)
{
	obj->set |= UINT64_C(1) << index;
}

/* field_of() - The row of a field that has to be of type @type. */
static inline const struct field *field_of(const struct obj *obj, unsigned int index,
					   enum field_type type)
{
	assert(index < obj->class->field_count);
	assert(obj->class->fields[index].type == type);
	return &obj->class->fields[index];
}

/* field_complain() - Return: -EINVAL, so that a parser can return the call; -ENOMEM. */
int field_complain(struct complaint c, size_t offset, const char *fmt, ...)
	_printf_(3, 4);

/* field_clear_string() - Free *text and set it to NULL; a secret is wiped before. */
void field_clear_string(const struct field *field, char **text);

/* field_list_has() - True if an item of @list is @text. */
bool field_list_has(const struct string_list *list, const char *text);

/* field_append_item() - Append a copy of @text to a FIELD_STRINGS. 0 or -ENOMEM. */
int field_append_item(struct obj *obj, unsigned int index, const char *text,
		      struct src_pos pos);
