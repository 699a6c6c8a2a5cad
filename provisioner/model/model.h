/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of objects: the desired state, or the observed one. */
#pragma once

#include "base/vec.h"
#include "model/object.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model {
	VEC(struct obj *) objs; /* in the order in which they came */
	size_t lent;		/* so many of them, the first, are another model's */
	/* The classes whose section holds a list, even an empty one; see model_states(). */
	VEC(const struct obj_class *) stated;
	bool states_all;    /* every class, without a file: --teardown */
	struct obj **index; /* sorted by class and name, by model_sort() */
	size_t indexed;
};

void model_done(struct model *model);

/* model_add() - Take @obj over, also on failure. Return: 0 or -ENOMEM. */
int model_add(struct model *model, struct obj *obj);

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
 * model_lend() - Have @from's objects of a lower rank than @rank in @to as well, which is
 * empty and does not free them. @from has to stay as it is while @to is in use.
 * Return: 0 or -ENOMEM.
 */
int model_lend(const struct model *from, unsigned int rank, struct model *to);

/*
 * model_take() - The only object of @class, out of the model; it has to be sorted again
 * then. Return: the caller's to free; NULL: there is none.
 */
struct obj *model_take(struct model *model, const struct obj_class *class);

/*
 * model_sort() - Build the index for model_find(); again after model_add().
 * Return: 0 or -ENOMEM.
 */
int model_sort(struct model *model);

/* model_find() - By class and name, in O(log n). Return: NULL if there is none. */
struct obj *model_find(const struct model *model, const struct obj_class *class,
		       const char *name);

/*
 * model_list() - Return the objects of @class in the sorted @model, by name, and how many
 * there are in *ret_count.
 */
struct obj *const *model_list(const struct model *model, const struct obj_class *class,
			      size_t *ret_count);

/*
 * model_resolve() - Evaluate the sizes that speak of RAM.
 * @ram_bytes: what 100% is.
 */
void model_resolve(struct model *model, uint64_t ram_bytes);
