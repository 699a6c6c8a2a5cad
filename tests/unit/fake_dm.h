/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device-mapper in the tree of a fake kernel, with the rule of the modules that matters to the
 * order of steps: a RAM disk is the memory of one cache at a time.
 */
#pragma once

#include "fake_kernel.h"

/* One at a time: the operations of a test have no data of their own. */
struct fake_dm {
	struct fake_kernel *fake;
	int refuse_error;   /* a negative errno: a cache table fails with it */
	const char *refuse; /* for the map of this name */
	unsigned int maps;  /* created, which is the number of the next dm-N */
	char log[512];	    /* "create data, reload data, " */
};

/* fake_dm_init() - Give @fake a device-mapper without maps. */
void fake_dm_init(struct fake_dm *dm, struct fake_kernel *fake);

/* fake_disk() - Add the disk @name with the number 254:@minor, and its udev property. */
void fake_disk(struct fake_kernel *fake, const char *name, unsigned int minor,
	       uint64_t bytes, const char *property);

/* fake_dm_table() - Return the table of a map, in a static buffer; NULL: no such map. */
const char *fake_dm_table(struct fake_dm *dm, const char *name);
