/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The block devices that share sectors with a device: its disk or its partitions, and the
 * devices below it. The one walk over the links of sysfs for all kinds.
 */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

enum relation {
	RELATION_SELF,
	RELATION_PARTITION, /* a partition of the device */
	RELATION_DISK,	    /* the disk of which the device is a partition */
	RELATION_BELOW,	    /* the device stands on it, at any depth */
	RELATION_BESIDE,    /* the disk or a partition of a device below */
};

struct relative {
	char *name; /* "vda1", as in sys/class/block */
	uint64_t number;
	enum relation relation;
	/* The loop device above, or above the kin, has no claim: others may have one. */
	bool unclaimed;
};

/* The device itself comes first. Other partitions of its disk are not listed. */
struct topology {
	VEC(struct relative) list;
};

/* topology_walk() - List the relatives of the device @name. Return: 0; -ENOENT; -errno. */
int topology_walk(const struct kfs *kfs, const char *name, struct topology *ret);

/* topology_walk_up() - List the device @name and its partitions alone. As above. */
int topology_walk_up(const struct kfs *kfs, const char *name, struct topology *ret);

/* topology_find() - Return the relative of that number, or NULL. */
const struct relative *topology_find(const struct topology *topology, uint64_t number);

/* topology_has() - True if a relative has that name. */
bool topology_has(const struct topology *topology, const char *name);

/*
 * topology_may_be_claimed() - True if a file system can have the relative. A device below has
 * its claim from the device above, unless that is a loop device.
 */
static inline bool topology_may_be_claimed(const struct relative *relative)
{
	return relative->unclaimed || (relative->relation != RELATION_BELOW &&
				       relative->relation != RELATION_BESIDE);
}

/*
 * topology_say() - Return @use as a use of the device: "mounted on '/'", "in use: its
 * partition 'vda1' is mounted on '/'". Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int topology_say(const struct relative *relative, const char *use, char **ret);

void topology_done(struct topology *topology);
