/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load a kernel module by libkmod, which is opened when the first module is needed. */
#include "sys/kmod.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

#include <dlfcn.h>
#include <libkmod.h>
#include <stdarg.h>

#define LIBRARY "libkmod.so.2"

/*
 * An ELF note that tells packagers' tools and builders of an initramfs which library
 * load_library() opens (UAPI group, "ELF dlopen metadata"). RAM disks and caches work without
 * libkmod if their modules are loaded already.
 */
#define NOTE_OWNER "FDO"
#define NOTE_TYPE  0x407c0c0a
#define NOTE_JSON                                                         \
	"[{\"feature\":\"kmod\",\"description\":\"Load kernel modules\"," \
	"\"priority\":\"recommended\",\"soname\":[\"" LIBRARY "\"]}]"

__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
	uint32_t owner_size, json_size, type;
	char owner[sizeof(NOTE_OWNER)];
	_Alignas(4) char json[sizeof(NOTE_JSON)];
} dlopen_note = {
	sizeof(NOTE_OWNER), sizeof(NOTE_JSON), NOTE_TYPE, NOTE_OWNER, NOTE_JSON,
};

/* The functions of the library. */
#define FUNCTIONS(each)                        \
	each(kmod_new);                        \
	each(kmod_unref);                      \
	each(kmod_set_log_fn);                 \
	each(kmod_module_new_from_lookup);     \
	each(kmod_list_next);                  \
	each(kmod_module_get_module);          \
	each(kmod_module_get_initstate);       \
	each(kmod_module_probe_insert_module); \
	each(kmod_module_unref);               \
	each(kmod_module_unref_list)

/*
 * libkmod depends on libcrypto, whose loading takes a large part of a run that changes
 * nothing. So the library is loaded only if a module is.
 */
#define DECLARE(function) __typeof__(function) *function
static struct {
	FUNCTIONS(DECLARE);
} lib;

static bool look_up(void *handle, const char *name, void *ret)
{
	void *symbol = dlsym(handle, name);

	memcpy(ret, &symbol, sizeof(symbol));
	return symbol;
}

/* Load the library, once. */
static int load_library(void)
{
	static bool is_loaded;
	void *handle;

	if (is_loaded)
		return 0;
	handle = dlopen(LIBRARY, RTLD_LAZY);
	is_loaded = handle;
#define LOOK_UP(function) \
	is_loaded = is_loaded && look_up(handle, #function, &lib.function)
	FUNCTIONS(LOOK_UP);
	if (is_loaded)
		return 0;
	log_warning("cannot load libkmod: %s", dlerror());
	if (handle)
		dlclose(handle);
	return -ELIBACC;
}

static _printf_(6, 0) void log_from_libkmod(void *data, int priority, const char *file,
					    int line, const char *fn, const char *format,
					    va_list args)
{
	_cleanup_free_ char *text = NULL;

	(void)data, (void)priority, (void)file, (void)line;
	if (str_vformat(&text, format, args) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	log_debug("libkmod: %s: %s", fn, text);
}

static int insert(struct kmod_module *module, struct fault *fault)
{
	int state = lib.kmod_module_get_initstate(module);
	int r;

	if (state == KMOD_MODULE_BUILTIN || state == KMOD_MODULE_LIVE)
		return 0;
	r = fault_point(fault);
	if (r < 0)
		return r;
	r = lib.kmod_module_probe_insert_module(
		module, KMOD_PROBE_APPLY_BLACKLIST_ALIAS_ONLY, NULL, NULL, NULL, NULL);
	/* A positive value is the flag of the denial that applied. */
	return r > 0 ? -EPERM : r;
}

/* Modules by a name; the caller's to end with search_done(), also after a failure. */
struct search {
	struct kmod_ctx *ctx;
	struct kmod_list *list;
};

static void search_done(struct search *search)
{
	if (!search->ctx)
		return;
	lib.kmod_module_unref_list(search->list);
	lib.kmod_unref(search->ctx);
}

/* Find the modules @name; @ret is zeroed. Return: as kmod_find(). */
static int search_for(const char *name, struct search *ret)
{
	int r = load_library();

	if (r < 0)
		return r;
	ret->ctx = lib.kmod_new(NULL, NULL);
	if (!ret->ctx)
		return -ENOMEM;
	lib.kmod_set_log_fn(ret->ctx, log_from_libkmod, NULL);
	r = lib.kmod_module_new_from_lookup(ret->ctx, name, &ret->list);
	return r < 0 ? r : ret->list ? 0 : -ENOENT;
}

int kmod_find(const char *name)
{
	_cleanup_(search_done) struct search search = { 0 };

	return search_for(name, &search);
}

int kmod_load(const char *name, struct fault *fault)
{
	_cleanup_(search_done) struct search search = { 0 };
	int r = search_for(name, &search);

	for (struct kmod_list *it = search.list; it;
	     it = lib.kmod_list_next(search.list, it)) {
		struct kmod_module *module = lib.kmod_module_get_module(it);

		r = insert(module, fault);
		lib.kmod_module_unref(module);
		if (r < 0)
			break;
	}
	return r;
}
