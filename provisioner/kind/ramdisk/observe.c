/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe RAM disks. */
#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/use.h"

#include <inttypes.h>

static bool is_ramdisk_name(const char *name)
{
	return strncmp(name, "rd", 2) == 0 && name[2] != '\0' &&
	       strspn(name + 2, "0123456789") == strlen(name + 2);
}

/* All memory of a preallocated disk counts as used, but the kernel counts writes. */
static bool is_unwritten(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *text = NULL;
	uint64_t counts, writes;

	return kfs_read_u64(kfs, &counts, "sys/block/%s/queue/iostats", name) == 0 &&
	       counts != 0 && kfs_read(kfs, &text, "sys/block/%s/stat", name) == 0 &&
	       sscanf(text, "%*u %*u %*u %*u %" SCNu64, &writes) == 1 && writes == 0;
}

static int read_attributes(const struct kfs *kfs, const char *name, struct obj *obj)
{
	_cleanup_free_ char *node = NULL, *owner = NULL;
	uint64_t sectors, read_only, preallocate, used, openers;
	int r;

	if ((r = kfs_read_u64(kfs, &sectors, "sys/block/%s/size", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &read_only, "sys/block/%s/ro", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &preallocate, "sys/block/%s/rapiddisk/preallocate",
			      name)) < 0 ||
	    (r = kfs_read_u64(kfs, &used, "sys/block/%s/rapiddisk/used_bytes", name)) <
		    0 ||
	    (r = kfs_read_u64(kfs, &openers, "sys/block/%s/rapiddisk/openers", name)) <
		    0 ||
	    (r = kfs_read(kfs, &node, "sys/block/%s/rapiddisk/numa_node", name)) < 0 ||
	    (r = kfs_read(kfs, &owner, "sys/block/%s/rapiddisk/owner", name)) < 0)
		return r;

	field_set_size(obj, RAMDISK_SIZE, sectors * 512);
	field_set_bool(obj, RAMDISK_READ_ONLY, read_only != 0);
	field_set_bool(obj, RAMDISK_PREALLOCATE, preallocate != 0);
	((struct ramdisk *)obj)->unwritten = preallocate != 0 && is_unwritten(kfs, name);
	/* -1 is "any node", the default of an absent key. */
	if (node[0] != '-') {
		uint64_t value;

		if (units_parse_uint(node, &value) < 0)
			return -EBADMSG;
		field_set_uint(obj, RAMDISK_NUMA_NODE, value);
	}
	field_set_size(obj, RAMDISK_USED, used);
	field_set_uint(obj, RAMDISK_OPENERS, openers);
	obj->owner = streq(owner, RAMDISK_OWNER_TAG) ? OWNER_OURS : OWNER_OTHERS;
	return 0;
}

static int set_content(struct obj *obj)
{
	const struct ramdisk *disk = ramdisk_of(obj);
	char size[UNITS_SIZE_MAX];

	if (disk->used.bytes > 0 &&
	    str_format(&obj->content, "%s of data",
		       units_format_size_approx(disk->used.bytes, size)) < 0)
		return -ENOMEM;
	return 0;
}

static int observe_one(const struct kfs *kfs, struct users *users, const char *name,
		       struct model *observed)
{
	struct obj *obj = obj_new(&ramdisk_class);
	int r;

	if (!obj)
		return -ENOMEM;
	r = field_set_string(obj, RAMDISK_NAME, name);
	if (r == 0)
		r = read_attributes(kfs, name, obj);
	if (r == 0)
		r = set_content(obj);
	if (r == 0)
		r = kind_set_use(kfs, users, name, ramdisk_of(obj)->openers, obj);
	if (r < 0) {
		obj_free(obj);
		/* The disk disappeared, or is an "rdN" of another driver. */
		return r == -ENOENT || r == -ENODEV ? 0 : r;
	}
	return model_add(observed, obj);
}

int ramdisk_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	_cleanup_(users_done) struct users users = { 0 };
	int r;

	/* Without the directory there is no module; skip the list of all disks. */
	if (!kfs_exists(&sys->kfs, "sys/kernel/rapiddisk"))
		return 0;
	r = kfs_list(&sys->kfs, &disks, "sys/block");
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (name, &disks.names) {
		if (!is_ramdisk_name(*name))
			continue;
		r = observe_one(&sys->kfs, &users, *name, observed);
		if (r < 0)
			return r;
	}
	return 0;
}
