/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that hold for the import of a file of nvmetcli, whatever its bytes are. */
#pragma once

#include <stddef.h>

/*
 * import_property_check() - Read @text as a file of nvmetcli, print the configuration, and
 * parse the configuration: it is valid, and each object of the file is in it or in a comment.
 * Return: NULL; or the rule that does not hold, static text.
 */
const char *import_property_check(const char *text, size_t len);
