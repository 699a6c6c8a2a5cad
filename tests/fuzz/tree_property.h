/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that hold for the text of a tree, whatever its bytes are. */
#pragma once

#include <stddef.h>

/*
 * tree_property_check() - Parse @text; write, parse and write again what came out.
 * Return: NULL; or the rule that does not hold, static text.
 */
const char *tree_property_check(const char *text, size_t len);
