/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/say.h"

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
	r = vasprintf(&want->unmet, fmt, args);
	va_end(args);
	if (r < 0) {
		want->unmet = NULL;
		return -ENOMEM;
	}
	return 0;
}

int kind_fail(struct buf *why, int error, const char *hint, const char *what, ...)
{
	va_list args;
	char *text = NULL;

	va_start(args, what);
	if (vasprintf(&text, what, args) < 0)
		text = NULL;
	va_end(args);
	buf_addf(why, "%s: %s", text ? text : what, strerror(-error));
	if (hint)
		buf_addf(why, "; %s", hint);
	free(text);
	return error;
}
