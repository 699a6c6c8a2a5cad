/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of config_parse_texts() for any text. */
#pragma once

#include "model/model.h"

/*
 * config_property_check_classes() - Parse @text, which form feeds part into files, print the
 * objects as one file, and parse the output.
 * Return: NULL; the property that does not hold, static text.
 */
const char *config_property_check_classes(const char *text, size_t len,
					  const struct obj_class *const *classes);
