/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regular expressions of the field tables, each compiled once in a process. */
#pragma once

#include "base/macro.h"

#include <stddef.h>

/*
 * pattern_check() - Match @text against @pattern.
 * @pattern: a POSIX extended expression that lives as long as the process; its address
 * identifies it.
 *
 * Return: 0 if it matches; -EINVAL otherwise, and *ret_offset is the length of the longest
 * prefix of @text that matches; -ENOMEM. @ret_offset may be NULL, which saves a match per
 * byte.
 */
int pattern_check(const char *pattern, const char *text, size_t *ret_offset) _must_check_;
