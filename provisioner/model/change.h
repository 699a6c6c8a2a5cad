/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The differences between two objects, as text for the diff and the report. */
#pragma once

#include "base/vec.h"
#include "model/object.h"

struct change {
	char *name;	 /* "size"; of an object in a list "namespaces[1].device" */
	char *from, *to; /* as YAML; "": not set, or no such object */
};

struct changes {
	VEC(struct change) changes;
};

/*
 * changes_find() - Describe each field of @changed (bit i: fields[i]). A list of objects has
 * a change per added or removed object, and per changed field of the other objects.
 * Return: 0 and *ret, to be freed with changes_done(); -ENOMEM.
 */
int changes_find(const struct obj *have, const struct obj *want, uint64_t changed,
		 struct changes *ret);
void changes_done(struct changes *changes);
