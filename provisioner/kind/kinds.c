/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/kind.h"

#include "model/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kind *const kinds[] = {
	&kind_module,
	&kind_ramdisk,
	&kind_cache,
	NULL,
};

const struct obj_class *const kind_classes[] = {
	&kind_module.class,
	&kind_ramdisk.class,
	&kind_cache.class,
	&status_class, /* no kind: the configuration drops it before a plan */
	NULL,
};

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
