/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of the users of block devices. */
#pragma once

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct users_entry {
	uint64_t number; /* of the block device */
	size_t order;	 /* of two users of one device, the lower one is told */
	char *export; /* its NQN: nvmet opens the device without a claim; NULL: another use */
	uint64_t by; /* the block device that is the user; 0: another user */
	char *words;
};

/*
 * The mounts of all mount namespaces that have a process, swap areas, loop devices and
 * exports at one moment. All zeroes: not read yet.
 * The owner calls users_done() when the moment is over.
 */
struct users {
	VEC(struct users_entry) entries; /* sorted by number, then order */
	size_t added;	      /* entries that were added, also those that were removed */
	size_t foreign_bytes; /* of the mounts of foreign user namespaces that were read */
	char *unread; /* the possible use of each device; NULL: all mounts were read */
	bool loaded;
};

/*
 * users_add() - Append a user, "WHAT 'WHERE'". @where may be NULL. Return: 0 or -ENOMEM.
 */
int users_add(struct users *users, uint64_t number, const char *what, const char *where);

/*
 * users_sort() - Sort the entries, and remove those that are never told: further uses of a device
 * that are neither an export nor a block device.
 */
void users_sort(struct users *users);
