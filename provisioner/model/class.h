/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes, their field tables and objects, as plain data. A key is parsed, compared, printed
 * and documented by its row of the field table.
 */
#pragma once

#include "base/buf.h"
#include "base/diag.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
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
	/* of a FIELD_STRING or FIELD_DEVICE: model_find_value() finds objects by the text */
	FIELD_INDEXED = 1 << 13,
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

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

/* A field as a metric of Prometheus. */
struct metric {
	const char *name; /* without "rapiddisk_" in front; NULL: there is no metric */
	enum metric_type type;
	const char *help; /* a sentence without its full stop; NULL: .doc of the field */
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
	 * class, which has to be in the configuration, and is written and checked as that key. */
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

/* The data of a kind. kind/ has the functions that act on its objects. */
struct obj_class {
	const char *name;    /* in messages and the report: "ramdisk" */
	const char *section; /* in the YAML: "ramdisks"; NULL: never written there */
	const char *doc;     /* one sentence on the section */
	bool single; /* the section is one mapping, not a list: fields[0] is no key, and
		      * the object's name is the section's */
	size_t size; /* of the object's struct, whose first member is struct obj */
	unsigned int rank; /* a lower rank is created first and removed last */
	unsigned int field_count;
	const struct field *fields; /* fields[0] is the key, but see single; at most 64 */

	/*
	 * Derive the key of an object whose entry has no key: append text for
	 * field_parse(), or nothing if the other keys do not decide. NULL: the key is
	 * FIELD_REQUIRED.
	 */
	void (*default_key)(const struct obj *want, struct buf *ret);

	/*
	 * Append the text number @i, from 0, by which model_find_text() finds the object.
	 * Return: false if the object has no such text. NULL: the class has no texts.
	 */
	bool (*print_text)(const struct obj *obj, unsigned int i, struct buf *out);

	/*
	 * Check rules that involve several fields or objects. Adds errors to @diag at
	 * obj->pos or obj_field_pos(). Called after all objects are parsed, for each
	 * object without an error, so with all required fields. The other objects of
	 * @desired have their key; if the file has errors, any other field may be unset.
	 * May be NULL.
	 */
	void (*validate)(const struct obj *want, const struct model *desired,
			 struct diag *diag);

	/* The label that names the object in its metrics; NULL: the class has none. */
	const char *label;
	/* Help of the metric NAME_info: 1, with the FIELD_LABEL rows; NULL: none. */
	const char *info;
	/* See obj_is_off(). NULL: only the fields decide. */
	bool (*is_off)(const struct obj *obj);
};

enum obj_owner { OWNER_OTHERS, OWNER_OURS };

struct obj {
	const struct obj_class *class;
	uint64_t set;		   /* bit i: fields[i] holds a value */
	struct src_pos pos;	   /* of the object in the YAML */
	struct src_pos *field_pos; /* of each field's value there; NULL if observed */
	char number[21];	   /* the key as text, where that is a FIELD_UINT */

	/* Desired objects only; the kind's resolve() sets them before each plan. */
	char *unmet;	      /* why it cannot be created now; NULL: it can */
	uint64_t patience_ms; /* how long to wait for what is missing; 0: not at all */
	bool deferred;	      /* takes effect at the next boot, with nothing wrong */
	bool falls_back; /* unmet, but its substitute can be created (kind_acts.fall_back) */
	bool passing;	 /* the obstacle, also to a removal, may go away soon: a use by an
		       * unknown process, perhaps udev. Observed objects too. */

	/* Observed objects only. */
	enum obj_owner owner;
	char *in_use;  /* why it cannot be removed ("mounted on '/mnt'"); NULL: it can */
	char *content; /* the loss if it is removed ("300MiB of data"); NULL: no loss */
	uint64_t holders;	  /* number of openers, if the kernel says */
	uint64_t leaving_holders; /* those of objects that go first in this run */
	bool released;		  /* holds only its name: see PLAN_RELEASE */
	bool leaves;		  /* this run removes it, unless it is in use */
	/* The part that no entry of the configuration can match, as text; NULL: none. */
	char *unsaid;
	/* The part that has no key and is not compared, as text; NULL: none. */
	char *extra;
};
