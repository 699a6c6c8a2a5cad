/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings that are allocated as they are formatted. */
#pragma once

#include "base/macro.h"

#include <stdarg.h>

/*
 * str_format() - Format into a new string, as asprintf(3).
 * Return: 0 and *ret, the caller's to free; -ENOMEM and *ret is NULL.
 */
int str_format(char **ret, const char *fmt, ...) _printf_(2, 3) _must_check_;
int str_vformat(char **ret, const char *fmt, va_list args) _printf_(2, 0) _must_check_;
