/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/kind.h"

#include "model/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kind *const kinds[] = {
	&kind_module, &kind_ramdisk, &kind_cache, &kind_host,
	&kind_port,   &kind_export,  NULL,
};

const struct obj_class *const kind_classes[] = {
	&kind_module.class,
	&kind_ramdisk.class,
	&kind_cache.class,
	&kind_host.class,
	&kind_port.class,
	&kind_export.class,
	&status_class, /* no kind: the configuration drops it before a plan */
	NULL,
};

bool kind_needs_module(const struct obj *want, const char *module)
{
	const struct kind *kind = kind_of(want->class);

	for (const char *const *name = kind->modules; name && *name; name++)
		if (streq(*name, module))
			return !kind->needs_module || kind->needs_module(want, module);
	return false;
}

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
