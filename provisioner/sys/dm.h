/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device-mapper. dm.c is the only user of libdevmapper. */
#pragma once

#include "base/fault.h"
#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct sys;

/* A map. */
struct dm_map {
	char *uuid;	 /* "": none */
	uint64_t number; /* dev_t */
	bool suspended;
	bool unfinished; /* a table is loaded that waits for a resume: somebody was killed */
	/* Of its live table; where it has none, of the one that is loaded. */
	uint64_t sectors; /* of 512 bytes; 0: there is no table */
	char *target;	  /* of its only target; NULL: it has none, or several */
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

/* The table of a map that has one target. */
struct dm_line {
	uint64_t sectors;
	const char *target, *params;
};

/*
 * What can be done with maps. All return 0 or -errno, may sleep, and pass fault_point() at
 * each change. Where there is a udevd, it works changes off afterwards, several at a time:
 * settle waits for that. remove and set_uuid settle themselves.
 */
struct dm_ops {
	/*
	 * The names of all maps: sysfs has none that was made and has no table so far.
	 * To be freed with kfs_names_done(). -EACCES: there are some of ours, and only root
	 * may look at them.
	 */
	int (*list)(struct sys *sys, struct kfs_names *ret);
	/* -ENODEV, -ENXIO: it is gone. */
	int (*read)(struct sys *sys, const char *name, struct dm_map *ret);
	/* -EEXIST, -EBUSY: the name or @uuid is taken. What failed leaves nothing. */
	int (*create)(struct sys *sys, const char *name, const char *uuid,
		      const struct dm_line *line);
	/*
	 * Swap the table under those who have the map open: I/O waits for a moment, and
	 * then goes the new way. If it fails the old table is live.
	 */
	int (*reload)(struct sys *sys, const char *name, const struct dm_line *line);
	/* -EBUSY: somebody has it open. */
	int (*remove)(struct sys *sys, const char *name);
	/* Of a map that has no UUID. */
	int (*set_uuid)(struct sys *sys, const char *name, const char *uuid);
	/*
	 * Until udev has worked off what create and reload have done: their nodes, and the
	 * links to them, are there. Not beyond sys->deadline_ms. In an initramfs, their
	 * /dev/mapper/NAME is there before.
	 */
	void (*settle)(struct sys *sys);
	/* True if settle has nothing to wait for. */
	bool (*is_settled)(const struct sys *sys);
};

/* The kernel's. */
extern const struct dm_ops dm_kernel;
/*
 * Of a --sysroot: the table is a file sys/block/dm-N/dm/table, which the kernel does not
 * have, as `dmsetup table` prints it, and dm/open_count is one too. Nothing is changed.
 */
extern const struct dm_ops dm_tree;
