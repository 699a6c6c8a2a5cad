/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/kind.h"

#include "model/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kind *const kinds[] = {
	[RANK_MODULE] = &kind_module,
	[RANK_RAMDISK] = &kind_ramdisk,
	[RANK_CACHE] = &kind_cache,
	[RANK_HOST] = &kind_host,
	[RANK_PORT] = &kind_port,
	[RANK_EXPORT] = &kind_export,
	[RANK_END] = NULL,
};

/* The configuration takes the object of status_class out before a plan is made. */
const struct obj_class *const kind_classes[] = {
	&module_class, &ramdisk_class, &cache_class,  &host_class,
	&port_class,   &export_class,  &status_class, NULL,
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
