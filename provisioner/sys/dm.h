/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device-mapper. dm.c is the only user of libdevmapper. */
#pragma once

#include "base/fault.h"
#include "base/macro.h"
#include "sys/dm_names.h"

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
	char *params;	  /* "" unless dm_has_plain_params() */
	uint64_t openers;
};

/* dm_has_plain_params() - True if the parameters of the target type are of use, and no key. */
static inline bool dm_has_plain_params(const char *target)
{
	return streq(target, "rapiddisk-cache") || streq(target, "linear");
}

static inline void dm_map_done(struct dm_map *map)
{
	free(map->uuid);
	free(map->target);
	free(map->params);
	*map = (struct dm_map){ 0 };
}

/* The value of dm_map.openers if it is unknown. */
#define DM_OPENERS_UNKNOWN UINT64_MAX

/* A table with one target. */
struct dm_line {
	uint64_t sectors;
	const char *target, *params;
	/*
	 * The device below that no other map may use; 0: not checked. All maps share one
	 * holder, so the kernel permits a second map over the device.
	 */
	uint64_t alone_on;
	/*
	 * The descriptor of hold_open() on that device; NULL: none. It excludes every other
	 * holder until the table is loaded, and is closed right before: then the map
	 * itself holds the device.
	 */
	int *hold;
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
	/*
	 * Read the state without the table. -ENODEV, -ENXIO: the map does not exist.
	 */
	int (*read)(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret);
	/*
	 * Read the table too, which for a map of dm-crypt holds its key: only for a map
	 * that is ours or a cache. As read.
	 */
	int (*read_table)(struct sys *sys, const struct dm_entry *entry,
			  struct dm_map *map);
	/*
	 * Return the name of a map that has this name or this UUID. -ENOENT: none has.
	 */
	int (*find)(struct sys *sys, const char *name, const char *uuid, char **ret);
	/*
	 * -EEXIST, -EBUSY: the name or @uuid is taken, or the device below. A failure
	 * leaves no map.
	 */
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
