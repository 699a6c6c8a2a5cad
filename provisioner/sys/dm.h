/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device-mapper. dm.c is the only user of libdevmapper. */
#pragma once

#include "base/fault.h"
#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct sys;

/* The state of a map. */
struct dm_map {
	char *uuid; /* "": no UUID */
	bool suspended;
	bool unfinished; /* a loaded table waits for a resume: a run was killed */
	/* The live table, or the loaded table of a map without a live one. */
	uint64_t sectors; /* of 512 bytes; 0: no table */
	char *target;	  /* type of the only target; NULL: no target, or several */
	char *params;
	uint64_t openers;
};

static inline void dm_map_done(struct dm_map *map)
{
	free(map->uuid);
	free(map->target);
	free(map->params);
	*map = (struct dm_map){ 0 };
}

/* A map by its own name ("data") and by the kernel's ("dm-3"). */
struct dm_entry {
	char *name, *disk;
};

struct dm_entries {
	VEC(struct dm_entry) list;
};

static inline void dm_entries_done(struct dm_entries *entries)
{
	vec_foreach (entry, &entries->list) {
		free(entry->name);
		free(entry->disk);
	}
	vec_done(&entries->list);
}

/* The value of dm_map.openers if it is unknown. */
#define DM_OPENERS_UNKNOWN UINT64_MAX

/* A table with one target. */
struct dm_line {
	uint64_t sectors;
	const char *target, *params;
};

/*
 * The operations on maps. All return 0 or -errno, may sleep, and pass fault_point() before
 * each change. udevd processes the events of create and reload asynchronously; settle
 * waits until it has finished. remove and set_uuid settle before they return.
 */
struct dm_ops {
	/*
	 * List all maps, also those without a table, which sysfs does not show. -EACCES:
	 * some maps are ours, and only root may read them.
	 */
	int (*list)(struct sys *sys, struct dm_entries *ret);
	/* -ENODEV, -ENXIO: the map does not exist. */
	int (*read)(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret);
	/* -EEXIST, -EBUSY: the name or @uuid is taken. A failure leaves no map. */
	int (*create)(struct sys *sys, const char *name, const char *uuid,
		      const struct dm_line *line);
	/*
	 * Swap the table of a map that may be open: I/O is held until the new table is
	 * live. On failure the old table stays live.
	 */
	int (*reload)(struct sys *sys, const char *name, const struct dm_line *line);
	/* -EBUSY: the map is open. */
	int (*remove)(struct sys *sys, const char *name);
	/* Set the UUID of a map without a UUID. */
	int (*set_uuid)(struct sys *sys, const char *name, const char *uuid);
	/*
	 * Wait until udevd has created the nodes of the changed maps and the links to
	 * them, until sys->deadline_ms at most. In an initramfs, /dev/mapper/NAME exists
	 * before that.
	 */
	void (*settle)(struct sys *sys);
	/* True if settle has nothing to wait for. */
	bool (*is_settled)(const struct sys *sys);
};

/* The maps of the running kernel. */
extern const struct dm_ops dm_kernel;
/*
 * The maps of a --sysroot, read-only. Three files that the kernel does not have complete
 * sys/block/dm-N/dm: table, as `dmsetup table` prints it, or `0 SECTORS` for several targets;
 * open_count; and unfinished, if a loaded table waits for a resume.
 */
extern const struct dm_ops dm_tree;
/*
 * The part that sysfs has, for a caller without privilege: UUID, size, and whether
 * a map is suspended. The table and the number of openers stay unknown. Each change
 * fails with -EOPNOTSUPP.
 */
extern const struct dm_ops dm_sysfs;

/* dm_sysfs_list() - List the maps that sysfs has; see dm_ops.list. */
int dm_sysfs_list(struct sys *sys, struct dm_entries *ret);
