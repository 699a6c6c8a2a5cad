/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "port/kmod.h"

#include "base/cleanup.h"
#include "base/log.h"

#include <libkmod.h>
#include <stdarg.h>

static void log_from_libkmod(void *data, int priority, const char *file, int line,
			     const char *fn, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	(void)data, (void)priority, (void)file, (void)line;
	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	log_debug("libkmod: %s: %s", fn, text);
}

static int insert(struct kmod_module *module, struct fault *fault)
{
	int state = kmod_module_get_initstate(module);
	int r;

	if (state == KMOD_MODULE_BUILTIN || state == KMOD_MODULE_LIVE)
		return 0;
	r = fault_point(fault);
	if (r < 0)
		return r;
	r = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY,
					    NULL, NULL, NULL, NULL);
	/* A positive value is the flag of the denial that applied. */
	return r > 0 ? -EPERM : r;
}

int kmod_load(const char *name, struct fault *fault)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	struct kmod_list *list = NULL, *it;
	int r;

	if (!ctx)
		return -ENOMEM;
	kmod_set_log_fn(ctx, log_from_libkmod, NULL);
	r = kmod_module_new_from_lookup(ctx, name, &list);
	if (r == 0 && !list)
		r = -ENOENT;
	kmod_list_foreach(it, list)
	{
		struct kmod_module *module = kmod_module_get_module(it);

		r = insert(module, fault);
		kmod_module_unref(module);
		if (r < 0)
			break;
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return r;
}
