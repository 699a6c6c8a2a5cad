/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe RAM disks. */
#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "kind/ramdisk/ramdisk.h"
#include "kind/use.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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

/* -1 is "any node", the default of an absent key. */
static int read_numa_node(const struct kfs *kfs, const char *name, struct obj *obj)
{
	_cleanup_free_ char *node = NULL;
	int r = kfs_read(kfs, &node, "sys/block/%s/rapiddisk/numa_node", name);
	uint64_t value;

	if (r < 0 || node[0] == '-')
		return kfs_missed(kfs, r);
	if (units_parse_uint(node, &value) < 0)
		return kfs_missed(kfs, -EBADMSG);
	field_set_uint(obj, RAMDISK_NUMA_NODE, value);
	return 0;
}

static int read_owner(const struct kfs *kfs, const char *name, struct obj *obj)
{
	_cleanup_free_ char *owner = NULL;
	int r = kfs_read(kfs, &owner, "sys/block/%s/rapiddisk/owner", name);

	if (r == 0 && streq(owner, RAMDISK_OWNER_TAG))
		obj->owner = OWNER_OURS;
	return kfs_missed(kfs, r);
}

/* The part that no metric shows. */
static int read_settings(const struct kfs *kfs, const char *name, struct obj *obj)
{
	uint64_t preallocate;
	int r = kfs_read_u64(kfs, &preallocate, "sys/block/%s/rapiddisk/preallocate",
			     name);

	if (r < 0)
		return r;
	field_set_bool(obj, RAMDISK_PREALLOCATE, preallocate != 0);
	if (kfs->look == LOOK_TO_PLAN)
		((struct ramdisk *)obj)->unwritten =
			preallocate != 0 && is_unwritten(kfs, name);
	r = read_numa_node(kfs, name, obj);
	return r < 0 ? r : read_owner(kfs, name, obj);
}

static int read_attributes(const struct kfs *kfs, const char *name, struct obj *obj)
{
	uint64_t bytes, read_only, used, openers;
	int r;

	if ((r = kfs_read_sectors(kfs, &bytes, "sys/block/%s/size", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &read_only, "sys/block/%s/ro", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &used, "sys/block/%s/rapiddisk/used_bytes", name)) <
		    0 ||
	    (r = kfs_read_u64(kfs, &openers, "sys/block/%s/rapiddisk/openers", name)) < 0)
		return r;
	field_set_size(obj, RAMDISK_SIZE, bytes);
	field_set_bool(obj, RAMDISK_READ_ONLY, read_only != 0);
	field_set_size(obj, RAMDISK_USED, used);
	field_set_uint(obj, RAMDISK_OPENERS, openers);
	return kfs->look == LOOK_FOR_METRICS ? 0 : read_settings(kfs, name, obj);
}

/* True if the module of rapiddisk 9 lists the disk. Its disks have no attributes of their own. */
static bool is_of_peer(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *list = NULL, *line = NULL;

	return kfs_read(kfs, &list, "sys/kernel/rapiddisk/devices") == 0 &&
	       str_format(&line, "\n%s\t", name) == 0 && strstr(list, line);
}

/* Read what an import of a disk of rapiddisk 9 needs. Return: -ENOENT if the disk is none. */
static int read_peer(const struct kfs *kfs, const char *name, struct obj *obj)
{
	uint64_t bytes, read_only;
	int r;

	if (!kfs->reads_extras || !is_of_peer(kfs, name))
		return -ENOENT;
	if ((r = kfs_read_sectors(kfs, &bytes, "sys/block/%s/size", name)) < 0 ||
	    (r = kfs_read_u64(kfs, &read_only, "sys/block/%s/ro", name)) < 0)
		return r;
	field_set_size(obj, RAMDISK_SIZE, bytes);
	field_set_bool(obj, RAMDISK_READ_ONLY, read_only != 0);
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
	if (r == -ENOENT)
		r = read_peer(kfs, name, obj);
	if (r == 0)
		r = set_content(obj);
	if (r == 0 && kfs->look != LOOK_FOR_METRICS)
		r = kind_set_use(kfs, users, name, ramdisk_of(obj)->openers, obj);
	if (r < 0) {
		obj_free(obj);
		/* The disk disappeared, or is an "rdN" of another driver. */
		return r == -ENOENT || r == -ENODEV ? 0 : kfs_missed(kfs, r);
	}
	return model_add(observed, obj);
}

int ramdisk_observe(struct sys *sys, struct model *observed)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r;

	/* Without the directory there is no module; skip the list of all disks. */
	if (!kfs_exists(&sys->kfs, "sys/kernel/rapiddisk"))
		return 0;
	r = kfs_list(&sys->kfs, &disks, "sys/block");
	if (r < 0)
		return r == -ENOENT ? 0 : kfs_missed(&sys->kfs, r);
	vec_foreach (name, &disks.names) {
		if (!is_ramdisk_name(*name))
			continue;
		r = observe_one(&sys->kfs, &sys->users, *name, observed);
		if (r < 0)
			return r;
	}
	return 0;
}
