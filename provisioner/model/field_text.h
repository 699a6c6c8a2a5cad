/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field types whose values are text, for object.c. */
#pragma once

#include "model/field_ops.h"

extern const struct field_ops field_string_ops, field_strings_ops, field_device_ops,
	field_enum_ops;

/*
 * field_check_item() - Check one value of a FIELD_STRINGS. A reference is checked as the key
 * of the object that it names. Return: as field_parse().
 */
int field_check_item(const struct field *field, const char *text, struct complaint c);
