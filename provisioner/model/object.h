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

/* What the model knows of a kind: its data. What acts on it is in kind/. */
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
	 * The key of an object that the file gives none, from what it says otherwise:
	 * text for field_parse(). Adds nothing where it cannot tell. NULL: there is no
	 * such thing, and the key is FIELD_REQUIRED.
	 */
	void (*default_key)(const struct obj *want, struct buf *ret);

	/*
	 * What no single row can say. Adds to @diag at obj->pos, or at obj_field_pos().
	 * Called once all objects are parsed, for each that has no error of its own and
	 * so all its required fields. The other objects of @desired have their key for
	 * sure, but may lack more where the file has errors: ask field_is_set(). May be
	 * NULL.
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

	/* Wanted objects only; the kind's resolve() sets them before each plan. */
	char *unmet;	      /* why it cannot be made now; NULL: nothing is in the way */
	uint64_t patience_ms; /* how long what is missing is worth waiting for; 0: not */
	bool deferred;	      /* it is for the next boot, and nothing is wrong */
	bool passing; /* what is in its way, or in that of its removal, may be over in a
		       * moment: a use by nobody known, perhaps udev. Observed ones too. */

	/* Observed objects only. */
	enum obj_owner owner;
	char *in_use;	  /* why it cannot go now ("mounted on '/mnt'"); NULL: it can */
	char *content;	  /* what goes with it ("300MiB of data"); NULL: nothing */
	uint64_t holders; /* how many hold it open, where the kernel says */
	bool released;	  /* it holds nothing but its name any more: see PLAN_RELEASE */
	bool leaves;	  /* this run takes it away, unless it is in use */
};

/* obj_new() - An empty object. Return: NULL if there is no memory. */
struct obj *obj_new(const struct obj_class *class);
void obj_free(struct obj *obj);

/* obj_name() - The value of its key, which must be set; of a single one the section. */
const char *obj_name(const struct obj *obj);

/*
 * obj_differing() - The fields in which @have is not as @want says: bit i for fields[i].
 * What @want leaves open is not compared, but for the fields that say so (FIELD_EXACT).
 */
uint64_t obj_differing(const struct obj *have, const struct obj *want);

/*
 * obj_print() - Append it as a YAML mapping in one line, with its key and without
 * defaults: `{id: 1, device: rd0}`.
 * @without: flags of the fields that are left out.
 */
void obj_print(const struct obj *obj, unsigned int without, struct buf *out);

/*
 * obj_is_off() - True if the observed @obj exists and is switched off, which the
 * configuration cannot say: its class says so, or a FIELD_DERIVED boolean is false.
 */
bool obj_is_off(const struct obj *obj);

/*
 * obj_field_pos() - Where the value of the field of index @index stands in the YAML; the
 * object's own place if it is not there (a default).
 */
struct src_pos obj_field_pos(const struct obj *obj, unsigned int index);

/*
 * obj_set_defaults() - Give each unset field that has a default its value. 0 or -ENOMEM.
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
