/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Format a string into memory that the caller frees. */
#include "base/str.h"

#include <errno.h>
#include <stdio.h>

int str_vformat(char **ret, const char *fmt, va_list args)
{
	char *text;

	*ret = vasprintf(&text, fmt, args) < 0 ? NULL : text;
	return *ret ? 0 : -ENOMEM;
}

int str_format(char **ret, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(ret, fmt, args);
	va_end(args);
	return r;
}
