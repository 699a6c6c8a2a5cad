/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row per key of an object: what parses, compares, prints and documents it. */
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
	FIELD_STRINGS,	/* struct string_list: a set, printed in the order it came */
	FIELD_OBJECTS,	/* struct object_list: objects of .items, a set by their keys */
};

enum field_flag {
	FIELD_KEY = 1 << 0,	  /* names the object; fields[0] and no other */
	FIELD_REQUIRED = 1 << 1,  /* the configuration has to say it */
	FIELD_IMMUTABLE = 1 << 2, /* a change means remove and create */
	FIELD_POLICY = 1 << 3,	  /* says how we act; the kernel has nothing like it */
	FIELD_LIVE = 1 << 4, /* only observed: shown in the status, no key of the file */
	FIELD_DERIVED = 1 << 5, /* no key of the file either, but compared: the kind works
				 * out what is wanted from the other objects */
	FIELD_EXACT = 1 << 6,	/* where the file does not say it, it shall not be set */
	FIELD_SECRET = 1 << 7,	/* a FIELD_STRING that is compared and never printed */
	/* names a file with a secret: what is no such name may be the secret itself */
	FIELD_SECRET_FILE = 1 << 8,
	/* of a FIELD_LIVE: no column of the status table, unless --verbose asks for it */
	FIELD_DETAIL = 1 << 9,
	/* the kernel has a file of the name .attribute; the kind reads all such rows */
	FIELD_COUNTER = 1 << 10,
	FIELD_PEER = 1 << 11,  /* in the cache statistics of rapiddisk 9, in this order */
	FIELD_LABEL = 1 << 12, /* a label of the metric CLASS_info */
};

/* A size: from the configuration .text is what was written, and .bytes what it comes to
 * here once model_resolve() ran; an observed size has .text NULL. */
struct size {
	uint64_t bytes;
	char *text;
};

/*
 * A block device: from the configuration .text is what was written (`UUID=...`), observed
 * it is a path. Two of them are the same if their numbers are, whatever names them.
 */
struct device_ref {
	char *text;
	uint64_t number; /* dev_t of the device; 0: there is none, or nobody looked yet */
};

struct list_item {
	char *text;
	struct src_pos pos; /* in the YAML; no place if observed */
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
	const char *value; /* the default as it would be written in YAML; NULL: none */
	const char *doc;   /* one sentence; goes into the schema and the man page */
	const char *const *words; /* FIELD_ENUM: the words, NULL-terminated; those behind
				   * the NULL are only observed, never written */
	const char *refused, *refused_why; /* FIELD_ENUM: a word that people know from
					    * elsewhere, and why it is none here */
	uint64_t min, max;   /* of a number or a size: bounds, max 0: none; of a string
			      * max bytes */
	uint64_t multiple;   /* FIELD_SIZE: of so many bytes; 0: of any; it and the bounds
			      * hold for each absolute size in min() and max() */
	const char *pattern; /* FIELD_STRING, and each of FIELD_STRINGS: POSIX extended
			      * (and ECMA) expression */
	const char *expects; /* what the pattern means, in words, for the error */
	/* FIELD_STRING, and each of FIELD_STRINGS: the key of an object of this class,
	 * which has to be in the file; written and checked as that key is. */
	const struct obj_class *refers;
	const struct obj_class *items; /* FIELD_OBJECTS: the class of each */
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

/* field_is_set() - Does @obj hold a value for the field of index @index? */
bool field_is_set(const struct obj *obj, unsigned int index);

/*
 * field_parse() - Set the field of index @index from text as it stands in the YAML.
 *
 * A FIELD_SIZE keeps the text; its bytes are right at once unless it speaks of RAM.
 * Return: 0; -ENOMEM; -EINVAL with *ret_error (a sentence without the value, the caller's
 * to free) and *ret_offset (where in @text, in bytes). The object is unchanged on
 * failure.
 */
int field_parse(struct obj *obj, unsigned int index, const char *text, char **ret_error,
		size_t *ret_offset);

/* Setters for what is observed; each sets the field's bit. field_set_string() copies. */
int field_set_string(struct obj *obj, unsigned int index, const char *value);
void field_set_uint(struct obj *obj, unsigned int index, uint64_t value);
void field_set_bool(struct obj *obj, unsigned int index, bool value);
void field_set_size(struct obj *obj, unsigned int index, uint64_t bytes);

/* Sets .text too where @text is not NULL; else only the number is new. 0 or -ENOMEM. */
int field_set_device(struct obj *obj, unsigned int index, const char *text,
		     uint64_t number);
/* @word: an index into the field's words, those behind the NULL too. */
void field_set_enum(struct obj *obj, unsigned int index, int word);

/* field_set_empty() - A list that is there, with nothing in it. */
void field_set_empty(struct obj *obj, unsigned int index);

/*
 * field_parse_item() - Append to a FIELD_STRINGS from text as it stands in the YAML at
 * @pos. Return: as field_parse(). That an item is there twice is not looked for.
 */
int field_parse_item(struct obj *obj, unsigned int index, const char *text,
		     struct src_pos pos, char **ret_error, size_t *ret_offset);

/* field_add_item() - Append what is observed to a FIELD_STRINGS. 0 or -ENOMEM. */
int field_add_item(struct obj *obj, unsigned int index, const char *text);

/*
 * field_add_object() - Append to a FIELD_OBJECTS; takes @item over, also on failure. It
 * must have its key. Return: 0 or -ENOMEM.
 */
int field_add_object(struct obj *obj, unsigned int index, struct obj *item);

/* field_has_item() - Is @text in the FIELD_STRINGS? One that is not set has nothing. */
bool field_has_item(const struct obj *obj, unsigned int index, const char *text);

/* field_find_object() - By its key in a FIELD_OBJECTS. NULL: there is none. */
struct obj *field_find_object(const struct obj *obj, unsigned int index, const char *key);

/*
 * field_item_of() - What each item of a FIELD_STRINGS, or the value of any other field, is
 * written as: the key of what it refers to, or as the field itself says.
 */
const struct field *field_item_of(const struct field *field);

/* field_is_list() - Is it written as a list? */
bool field_is_list(const struct field *field);

/* field_is_key() - Can the configuration say it? */
bool field_is_key(const struct field *field);

/* field_clear() - Unset the field and free what it holds. */
void field_clear(struct obj *obj, unsigned int index);

/* field_resolve() - Of a FIELD_SIZE that speaks of RAM: set the bytes. Else nothing. */
void field_resolve(struct obj *obj, unsigned int index, uint64_t ram_bytes);

/*
 * field_equal() - Does @have hold the value that @want wants? Both must hold one. Of the
 * objects in a list only what @want says is compared, as with obj_differing().
 */
bool field_equal(const struct obj *have, const struct obj *want, unsigned int index);

/* field_is_default() - Is its value the one that it has where the file says none? */
bool field_is_default(const struct obj *obj, unsigned int index);

/*
 * field_print() - Append the value as it would be written in YAML: `2GiB`, `true`, a
 * string in quotes where it needs them. A size is printed as its bytes, in the shortest
 * exact form; as its text only while it speaks of RAM and model_resolve() has not run.
 * Lists and the objects in them are printed in one line. Of a secret it says only that
 * there is one.
 */
void field_print(const struct obj *obj, unsigned int index, struct buf *out);

/* Typed readers, for who knows the type. The field must be set. */
const char *field_string(const struct obj *obj, unsigned int index);
uint64_t field_uint(const struct obj *obj, unsigned int index);
bool field_bool(const struct obj *obj, unsigned int index);
int field_enum(const struct obj *obj, unsigned int index);
const struct size *field_size(const struct obj *obj, unsigned int index);
const struct device_ref *field_device(const struct obj *obj, unsigned int index);
const struct string_list *field_strings(const struct obj *obj, unsigned int index);
const struct object_list *field_objects(const struct obj *obj, unsigned int index);
