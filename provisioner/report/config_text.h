/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of the configuration: the desired objects, or the live ones of an import. */
#pragma once

#include "model/model.h"

#include <stdio.h>

/* config_text_print() - Print desired objects as the configuration that lists them. */
void config_text_print(FILE *out, struct obj *const *objs, size_t count,
		       const struct obj_class *const *classes);

/*
 * config_text_print_live() - Print observed objects as a configuration that config_parse()
 * accepts, and with which the objects are in sync.
 *
 * The text is parsed before it is printed. An object that the configuration refuses, or a
 * foreign one that no entry can match (obj.unsaid), is printed as a comment with the
 * reason, and so is each object that refers to such an object. An owned object that no entry
 * can match is printed with the reason above it, because a missing entry removes the
 * object. The one value that config_parse() refuses on purpose is the empty name of a
 * file with a secret.
 * Return: the number of objects that are comments; -ENOMEM.
 */
int config_text_print_live(FILE *out, const struct model *observed,
			   const struct obj_class *const *classes);
