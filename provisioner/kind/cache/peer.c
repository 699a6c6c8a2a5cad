/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caches of rapiddisk 9. Its command names a map by mode and source, and its target prints
 * no table that can be parsed, so the name and the slaves in sysfs say all.
 */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "kind/module/module.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *prefix;
	enum cache_mode mode; /* MODE_END: write-back */
} names[] = {
	{ "rc-wt_", MODE_WRITE_THROUGH },
	{ "rc-wa_", MODE_WRITE_AROUND },
	{ "rc-wb_", MODE_END },
};

/* Return: false if the command does not give such names. */
static bool find_mode(const char *name, enum cache_mode *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strncmp(name, names[i].prefix, strlen(names[i].prefix)) == 0) {
			*ret = names[i].mode;
			return true;
		}
	}
	return false;
}

/* Return: 1 if the modules of rapiddisk 9 are loaded; 0; -ENOMEM. */
static int is_loaded(const struct kfs *kfs)
{
	_cleanup_free_ char *version = NULL;
	int r = module_foreign_version(kfs, "rapiddisk", &version);

	return r < 0 ? r : version != NULL;
}

static bool is_ramdisk(const char *name)
{
	return strncmp(name, "rd", 2) == 0 && name[2] &&
	       strspn(name + 2, "0123456789") == strlen(name + 2);
}

static int set_source(const struct kfs *kfs, struct obj *obj, const char *name)
{
	_cleanup_free_ char *path = NULL;
	uint64_t number;
	int r = devices_number(kfs, name, &number);

	if (r == 0)
		r = devices_path(kfs, number, &path);
	return r < 0 ? r : field_set_device(obj, CACHE_SOURCE, path, number);
}

/* A map over a RAM disk has two RAM disks below it; the later one counts as the memory. */
static int read_slaves(const struct kfs *kfs, struct obj *obj, const char *disk)
{
	_cleanup_(kfs_names_done) struct kfs_names slaves = { 0 };
	const char *memory = NULL;
	int r = kfs_list_sorted(kfs, &slaves, "sys/block/%s/slaves", disk);

	if (r < 0)
		return r;
	vec_foreach (name, &slaves.names) {
		if (is_ramdisk(*name))
			memory = *name;
	}
	vec_foreach (name, &slaves.names) {
		if (r == 0 && *name != memory)
			r = set_source(kfs, obj, *name);
	}
	if (r == 0 && memory)
		r = field_set_string(obj, CACHE_RAMDISK, memory);
	return r;
}

static int add_remark(const char *name, struct model *observed)
{
	char *text;
	int r = str_format(&text, "the map '%s' is a write-back cache of rapiddisk 9",
			   name);

	return r < 0 ? r : model_add_remark(observed, &cache_class, text);
}

int cache_observe_peer(const struct kfs *kfs, const struct dm_entry *entry,
		       struct model *observed)
{
	enum cache_mode mode;
	struct obj *obj;
	int r;

	if (!find_mode(entry->name, &mode))
		return 0;
	r = is_loaded(kfs);
	if (r <= 0)
		return r;
	if (mode == MODE_END)
		return add_remark(entry->name, observed);
	obj = obj_new(&cache_class);
	if (!obj)
		return -ENOMEM;
	obj->owner = OWNER_OTHERS;
	field_set_enum(obj, CACHE_MODE, mode);
	r = field_set_string(obj, CACHE_NAME, entry->name);
	if (r == 0)
		r = read_slaves(kfs, obj, entry->disk);
	if (r < 0) {
		obj_free(obj);
		return r == -ENOENT ? 0 : kfs_missed(kfs, r);
	}
	return model_add(observed, obj);
}
