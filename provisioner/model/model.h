/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of objects: the desired state, or the observed one. */
#pragma once

#include "base/vec.h"
#include "model/object.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Something observed that is no object, for which a comment of an import stands. */
struct model_remark {
	const struct obj_class *class; /* of the section */
	char *text;
};

/* A value of a FIELD_INDEXED row, or a text of class.print_text(). */
struct model_value {
	const struct obj_class *class;
	unsigned int field; /* class->field_count: a text */
	const char *text;   /* the object's, or .own */
	char *own;
	struct obj *obj;
	size_t order; /* of the object in the model */
};

struct model {
	VEC(struct obj *) objs; /* in the order of model_add() */
	VEC(char *)
	files;	     /* of the configuration, which obj.pos counts; see model_place() */
	size_t lent; /* the first @lent objects belong to another model */
	/* The classes whose section holds a list, even an empty one; see model_states(). */
	VEC(const struct obj_class *) stated;
	bool states_all;    /* every class, without a file: --teardown */
	struct obj **index; /* sorted by class and name, by model_sort() */
	size_t indexed;
	VEC(struct model_value) values; /* sorted, by model_sort_values() */
	VEC(struct model_remark) remarks;
};

void model_done(struct model *model);

/* model_add() - Take ownership of @obj, also on failure. Return: 0 or -ENOMEM. */
int model_add(struct model *model, struct obj *obj);

/* model_add_remark() - Take ownership of @text, also on failure. Return: 0 or -ENOMEM. */
int model_add_remark(struct model *model, const struct obj_class *class, char *text);

/*
 * model_state() - Record that the desired state lists all objects of @class.
 * Return: 0 or -ENOMEM.
 */
int model_state(struct model *model, const struct obj_class *class);

/*
 * model_states() - True if the desired state lists all objects of @class, so that an owned
 * object that the list lacks is to be removed. A class without a section in the file is
 * not stated, whatever other sections the file has.
 */
bool model_states(const struct model *model, const struct obj_class *class);

/*
 * model_lend() - Add the objects of @from with a rank below @rank to the empty model @to,
 * which does not free them. @from must not change while @to is in use.
 * Return: 0 or -ENOMEM.
 */
int model_lend(const struct model *from, unsigned int rank, struct model *to);

/*
 * model_take() - Remove the only object of @class from the model, which must be sorted
 * again. Return: the object, the caller's to free; NULL: no such object.
 */
struct obj *model_take(struct model *model, const struct obj_class *class);

/*
 * model_sort() - Build the index for model_find(). Call it again after model_add().
 * Return: 0 or -ENOMEM.
 */
int model_sort(struct model *model);

/* model_find() - Find an object by class and name, in O(log n). NULL: no such object. */
struct obj *model_find(const struct model *model, const struct obj_class *class,
		       const char *name);

/*
 * model_sort_values() - Build the index for model_find_value(), which is valid until an
 * object or an indexed field changes. Return: 0 or -ENOMEM.
 */
int model_sort_values(struct model *model);

/*
 * model_find_value() - Find the first object of @class, in the order of model_add(), whose
 * FIELD_INDEXED row @field has @text, in O(log n). NULL: no such object.
 */
struct obj *model_find_value(const struct model *model, const struct obj_class *class,
			     unsigned int field, const char *text);

/* model_find_text() - As model_find_value(), by a text of class.print_text(). */
struct obj *model_find_text(const struct model *model, const struct obj_class *class,
			    const char *text);

/* model_earlier() - Return the object that the file has first; NULL is no object. */
const struct obj *model_earlier(const struct obj *a, const struct obj *b);

/*
 * model_list() - Return the objects of @class in the sorted @model, by name, and how many
 * there are in *ret_count.
 */
struct obj *const *model_list(const struct model *model, const struct obj_class *class,
			      size_t *ret_count);

/*
 * model_place() - Format the place @at for a message about the place @from: "line 7" in the same
 * file, "FILE:7:3" in another one. Return: the caller's to free; NULL without memory.
 */
char *model_place(const struct model *model, struct src_pos at, struct src_pos from);

/* model_has_shares() - True if a size of the model is a share of RAM. */
bool model_has_shares(const struct model *model);

/*
 * model_resolve() - Evaluate the sizes with a share of RAM.
 * @ram_bytes: the value of 100%.
 */
void model_resolve(struct model *model, uint64_t ram_bytes);
