/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field types whose values are numbers, for object.c and field_text.c. */
#pragma once

#include "model/field_ops.h"

extern const struct field_ops field_size_ops, field_uint_ops, field_bool_ops,
	field_duration_ops;

/* field_check_uint() - Parse @text by the bounds of @field. Return: as field_parse(). */
int field_check_uint(const struct field *field, const char *text, struct complaint c,
		     uint64_t *ret);
