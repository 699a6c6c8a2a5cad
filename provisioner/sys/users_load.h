/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read who uses block devices. */
#pragma once

#include "base/vec.h"
#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

struct users_entry {
	uint64_t number; /* of the block device */
	size_t order;	 /* of two users of one device, the lower one is told */
	bool is_export;	 /* by nvmet, which opens the device without a claim */
	char *words;
};

/*
 * The mounts of all mount namespaces that have a process, swap areas, loop devices and
 * exports at one moment. All zeroes: not read yet.
 * The owner calls users_done() when the moment is over.
 */
struct users {
	VEC(struct users_entry) entries; /* sorted by number, then order */
	bool loaded;
};

/* users_load() - Read the entries, unless they are read. Return: 0 or -errno. */
int users_load(struct users *users, const struct kfs *kfs);
void users_done(struct users *users);
