/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an unquoted YAML word means to those who read it. */
#pragma once

#include "base/buf.h"

#include <stdbool.h>

/*
 * scalar_is_string() - Does every YAML reader, of YAML 1.1 and 1.2, take the unquoted
 * @text for a string? Not `yes`, `0x10`, `1e3`, `10:20`, `2026-01-01`, nothing at all.
 */
bool scalar_is_string(const char *text);

/* scalar_is_null() - Is the unquoted @text YAML's word for nothing: ``, `~`, `null`? */
bool scalar_is_null(const char *text);

/* scalar_print() - Append @text as a YAML string, in quotes where it needs them. */
void scalar_print(const char *text, struct buf *out);
