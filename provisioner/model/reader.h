/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What config.c and reader.c share: the reading of one object of the configuration. */
#pragma once

#include "model/model.h"
#include "model/yaml.h"

struct reader {
	const struct obj_class *const *classes;
	struct diag *diag;
	struct model model;
	bool is_partial; /* sections of other classes are none of our business */
	VEC(bool) clean; /* of each object of the model: it has no error of its own */
};

/*
 * reader_add_object() - Make an object of the mapping @node. Errors go to reader->diag.
 * The object is kept also where it has errors, unless its key has one: others may refer
 * to it. Return: 0 or -ENOMEM.
 */
int reader_add_object(struct reader *reader, const struct obj_class *class,
		      const struct node *node);

/*
 * reader_check_duplicates() - Report each of the @count objects at @objs that has the key
 * of another one before it.
 * @where: said in front of the object: "export 'a': "; may be "".
 * Return: 0; -EINVAL if there was one; -ENOMEM.
 */
int reader_check_duplicates(struct reader *reader, struct obj *const *objs, size_t count,
			    const char *where);

/* node_word() - What it is, for messages: "a list". */
const char *node_word(const struct node *node);

/* node_is_null() - A value that says nothing, as behind `key:`? */
bool node_is_null(const struct node *node);
