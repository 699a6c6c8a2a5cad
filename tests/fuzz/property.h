/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of config_parse() for any text. */
#pragma once

#include "model/model.h"

/*
 * property_check() - Parse @text, print the objects, and parse the output.
 * Return: NULL; the property that does not hold, static text.
 */
const char *property_check(const char *text, size_t len,
			   const struct obj_class *const *classes);
