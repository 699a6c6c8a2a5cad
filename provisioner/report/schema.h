/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration's JSON Schema, from the field tables. */
#pragma once

#include "model/object.h"

/*
 * schema_to_json() - Draft-07, the newest that YAML editors know.
 * @classes: NULL-terminated. Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int schema_to_json(const struct obj_class *const *classes, char **ret);
