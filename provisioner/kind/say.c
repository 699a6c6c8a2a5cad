/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Format the sentences about an unmet object and about a failed act. */
#include "kind/say.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int kind_set_unmet(struct obj *want, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&want->unmet, fmt, args);
	va_end(args);
	return r;
}

int kind_fail(struct buf *why, int error, const char *hint, const char *what, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, what);
	/* Without memory @why fails too, and reports it. */
	if (str_vformat(&text, what, args) == 0)
		buf_addf(why, "%s: %s", text, strerror(-error));
	else
		why->failed = true;
	va_end(args);
	if (hint)
		buf_addf(why, "; %s", hint);
	free(text);
	return error;
}
