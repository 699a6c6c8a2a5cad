/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unquoted YAML words, and the quotes that other words need. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/*
 * scalar_is_string() - True if every reader of YAML 1.1 and 1.2 takes the unquoted @text for
 * a string. False for `yes`, `0x10`, `1e3`, `10:20`, `2026-01-01` and the empty text.
 */
bool scalar_is_string(const char *text);

/* scalar_is_null() - True if the unquoted @text is a null of YAML: ``, `~`, `null`. */
bool scalar_is_null(const char *text);

/* scalar_print() - Append @text as a YAML string, in quotes if it needs quotes. */
void scalar_print(const char *text, struct buf *out);
