/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field tables: one row per key of an object parses, compares, prints and documents it. */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "base/vec.h"
#include "model/metric.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct obj;
struct obj_class;

enum field_type {
	FIELD_STRING,	/* char *, owned by the object */
	FIELD_SIZE,	/* struct size */
	FIELD_UINT,	/* uint64_t */
	FIELD_BOOL,	/* bool */
	FIELD_ENUM,	/* int, an index into .words */
	FIELD_DEVICE,	/* struct device_ref */
	FIELD_DURATION, /* uint64_t, milliseconds */
	FIELD_STRINGS,	/* struct string_list: a set, printed in the order of its items */
	FIELD_OBJECTS,	/* struct object_list: objects of .items, a set by their keys */
};

enum field_flag {
	FIELD_KEY = 1 << 0,	  /* names the object; fields[0] and no other */
	FIELD_REQUIRED = 1 << 1,  /* the configuration has to set it */
	FIELD_IMMUTABLE = 1 << 2, /* a change removes and creates the object */
	FIELD_POLICY = 1 << 3,	  /* directs a run; the kernel has no such value */
	FIELD_LIVE = 1 << 4, /* only observed: the status shows it; no key of the file */
	/* no key of the file, but compared: the kind derives the desired value */
	FIELD_DERIVED = 1 << 5,
	/* if the file does not set it, the kernel must not have it */
	FIELD_EXACT = 1 << 6,
	FIELD_SECRET = 1 << 7, /* a FIELD_STRING that is compared and never printed */
	/* names a file with a secret: an invalid name may be the secret itself */
	FIELD_SECRET_FILE = 1 << 8,
	/* of a FIELD_LIVE: no column of the status table, unless --verbose asks for it */
	FIELD_DETAIL = 1 << 9,
	/* the kernel has a file of the name .attribute; the kind reads all such rows */
	FIELD_COUNTER = 1 << 10,
	FIELD_PEER = 1 << 11,  /* in the cache statistics of rapiddisk 9, in this order */
	FIELD_LABEL = 1 << 12, /* a label of the metric CLASS_info */
};

/*
 * A size. Parsed: .text is the text of the configuration, and .bytes its value on this
 * machine after model_resolve(). Observed: .text is NULL.
 */
struct size {
	uint64_t bytes;
	char *text;
};

/*
 * A block device. Parsed: .text is the text of the configuration (`UUID=...`). Observed:
 * .text is a path. Two devices are the same if their numbers are the same.
 */
struct device_ref {
	char *text;
	uint64_t number; /* dev_t; 0: no such device, or not resolved yet */
};

struct list_item {
	char *text;
	struct src_pos pos; /* in the YAML; all zeroes if observed */
};

struct string_list {
	VEC(struct list_item) items;
};

struct object_list {
	VEC(struct obj *) objs;
};

struct field {
	const char *name;
	enum field_type type;
	unsigned int flags;
	size_t offset;	   /* of the member in the object's struct */
	const char *value; /* the default, as YAML has it; NULL: no default */
	const char *doc;   /* one sentence, for the schema and the man page */
	/* FIELD_ENUM: the words, NULL-terminated. Words after the NULL are only observed. */
	const char *const *words;
	/* FIELD_ENUM: a word of other programs, and the reason why it is refused */
	const char *refused, *refused_why;
	/* Bounds of a number, of a size (each absolute one in min() and max()) or of the bytes
	 * of a string. A max of 0 is no bound. */
	uint64_t min, max;
	uint64_t multiple; /* FIELD_SIZE: divides each absolute size; 0: no such rule */
	/* FIELD_STRING, and each of FIELD_STRINGS: POSIX extended (and ECMA) expression */
	const char *pattern;
	const char *expects; /* the pattern in words, for the error */
	/* FIELD_STRING, and each of FIELD_STRINGS: the value is the key of an object of this
	 * class, which has to be in the file, and is written and checked as that key. */
	const struct obj_class *refers;
	const struct obj_class *items; /* FIELD_OBJECTS: the class of the items */
	const char *attribute;	       /* FIELD_COUNTER: the file; NULL: .name */
	struct metric metric;	       /* .metric.name is NULL: none */
};

/*
 * One row. @object is the object's struct, @member its member. clang-format 14 and 19 break
 * the list of a macro differently.
 */
/* clang-format off */
#define FIELD(object, member, kind_of, ...)                            \
	{                                                              \
		.name = #member, .type = (kind_of),                    \
		.offset = offsetof(struct object, member), __VA_ARGS__ \
	}
/* clang-format on */

/* field_is_set() - True if @obj holds a value for the field of index @index. */
bool field_is_set(const struct obj *obj, unsigned int index);

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

/* field_set_empty() - Set a list to the empty list. */
void field_set_empty(struct obj *obj, unsigned int index);

/*
 * field_parse_item() - Append the text of the YAML at @pos to a FIELD_STRINGS. Duplicates
 * are not detected. Return: as field_parse().
 */
int field_parse_item(struct obj *obj, unsigned int index, const char *text,
		     struct src_pos pos, char **ret_error, size_t *ret_offset);

/* field_add_item() - Append an observed value to a FIELD_STRINGS. 0 or -ENOMEM. */
int field_add_item(struct obj *obj, unsigned int index, const char *text);

/*
 * field_add_object() - Append @item, which must have its key, to a FIELD_OBJECTS. Takes
 * ownership of @item, also on failure. Return: 0 or -ENOMEM.
 */
int field_add_object(struct obj *obj, unsigned int index, struct obj *item);

/* field_has_item() - True if the FIELD_STRINGS is set and has @text. */
bool field_has_item(const struct obj *obj, unsigned int index, const char *text);

/* field_find_object() - Find an object of a FIELD_OBJECTS by its key. NULL: no such object. */
struct obj *field_find_object(const struct obj *obj, unsigned int index, const char *key);

/*
 * field_item_of() - Return the row that describes one value of @field: the key of the class
 * that it refers to, otherwise @field.
 */
const struct field *field_item_of(const struct field *field);

/* field_is_list() - True if YAML has the field as a list. */
bool field_is_list(const struct field *field);

/* field_is_key() - True if the configuration can set the field. */
bool field_is_key(const struct field *field);

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

/* Typed getters. The field must be of that type and set. */
const char *field_string(const struct obj *obj, unsigned int index);
uint64_t field_uint(const struct obj *obj, unsigned int index);
bool field_bool(const struct obj *obj, unsigned int index);
int field_enum(const struct obj *obj, unsigned int index);
const struct size *field_size(const struct obj *obj, unsigned int index);
const struct device_ref *field_device(const struct obj *obj, unsigned int index);
const struct string_list *field_strings(const struct obj *obj, unsigned int index);
const struct object_list *field_objects(const struct obj *obj, unsigned int index);
