/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regular expressions of the field tables, each compiled once in a process. */
#pragma once

#include "base/macro.h"

#include <stddef.h>

/*
 * pattern_check() - Does @text match?
 * @pattern: a POSIX extended expression that lives as long as the process; its address
 * stands for it.
 *
 * Return: 0 if it matches; -EINVAL if not, and *ret_offset is the end of the longest
 * beginning of @text that would, which costs a match for each byte: NULL for who does not
 * need it; -ENOMEM.
 */
int pattern_check(const char *pattern, const char *text, size_t *ret_offset) _must_check_;
