/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of one object of the configuration, for config.c. */
#pragma once

#include "model/model.h"
#include "model/yaml.h"

struct reader {
	const struct obj_class *const *classes;
	struct diag *diag;
	struct model model;
	bool is_partial;    /* ignore the sections of other classes */
	bool is_complete;   /* each file was read, so that references can be checked */
	unsigned int nodes; /* of the files that were parsed */
	VEC(bool) clean;    /* per object of the model: true if it has no error */
};

/*
 * reader_add_object() - Read the mapping @node into an object. Errors go to reader->diag.
 * An object with errors is kept, because others may refer to it, unless its key is wrong.
 * Return: 0 or -ENOMEM.
 */
int reader_add_object(struct reader *reader, const struct obj_class *class,
		      const struct node *node);

/* node_word() - Name the type of the node for messages: "a list". */
const char *node_word(const struct node *node);

/* node_is_null() - True if the node is a null value, as after `key:`. */
bool node_is_null(const struct node *node);
