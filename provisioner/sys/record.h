/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recorder of every look at the machine. The recorded tree, unpacked, gives the same looks
 * as a --sysroot. It holds secrets: apply/redact.h removes them.
 */
#pragma once

#include "sys/sys.h"
#include "sys/tree.h"

struct record_inode {
	char *path;
	uint64_t inode;
};

struct record {
	struct sys *sys;
	struct tree tree;
	VEC(struct record_inode) inodes; /* of the objects of configfs */
	const struct dm_ops *dm;	 /* the recorded ones */
	const struct udev_ops *udev;
	int error; /* the first: -ENOMEM */
};

/*
 * record_start() - Record from now on. @record stays in use until record_stop(), and @sys
 * must not be recorded already.
 */
void record_start(struct record *record, struct sys *sys);

/*
 * record_stop() - Restore @sys and hand the tree over. A claim of /run/rapiddisk/owned holds
 * the inode number of its object: the tree names the object instead.
 * Return: 0 and *ret; -ENOMEM if a look was lost.
 */
int record_stop(struct record *record, struct tree *ret);
