/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects, desired and observed, and their classes. */
#pragma once

#include "base/diag.h"
#include "base/vec.h"
#include "model/field.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;

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
	bool passing; /* the obstacle, also to a removal, may go away soon: a use by an
		       * unknown process, perhaps udev. Observed objects too. */

	/* Observed objects only. */
	enum obj_owner owner;
	char *in_use;  /* why it cannot be removed ("mounted on '/mnt'"); NULL: it can */
	char *content; /* the loss if it is removed ("300MiB of data"); NULL: no loss */
	uint64_t holders; /* number of openers, if the kernel says */
	bool released;	  /* holds only its name: see PLAN_RELEASE */
	bool leaves;	  /* this run removes it, unless it is in use */
};

/* obj_new() - Create an object without values. Return: NULL without memory. */
struct obj *obj_new(const struct obj_class *class);
void obj_free(struct obj *obj);

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
