/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two objects, in words: one list for the diff and the report. */
#pragma once

#include "base/vec.h"
#include "model/object.h"

struct change {
	char *name;	 /* "size"; of an object in a list "namespaces[1].device" */
	char *from, *to; /* as in the YAML; "": not set, or not there */
};

struct changes {
	VEC(struct change) changes;
};

/*
 * changes_find() - One change for each field of @changed (bit i: fields[i]); of a list of
 * objects one for each that comes or goes, and for each field of those that stay.
 * Return: 0, and *ret to be freed with changes_done(); -ENOMEM.
 */
int changes_find(const struct obj *have, const struct obj *want, uint64_t changed,
		 struct changes *ret);
void changes_done(struct changes *changes);
