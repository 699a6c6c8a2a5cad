/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way from the root to a file, link by link. */
#pragma once

#include "sys/tree.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct walk {
	char path[PATH_MAX]; /* up to here, without links */
	char rest[PATH_MAX]; /* still to go */
	unsigned int links;
	struct stat st;	 /* of @path, unless it is missing */
	bool is_missing; /* @path does not exist */
};

/*
 * walk_to() - Resolve @path inside the root, and add each link on the way to @links.
 * @follow_last: resolve the last component too.
 * Return: 0, also if @path or a part of it does not exist; -ELOOP; -ENAMETOOLONG; -ENOMEM;
 * -errno.
 */
int walk_to(int root_fd, const char *path, bool follow_last, struct tree *links,
	    struct walk *walk);

/* walk_append() - Append a component. Return: 0 or -ENAMETOOLONG. */
int walk_append(char path[static PATH_MAX], const char *name);

/* walk_cut_last() - Remove the last component. Return: @path. */
char *walk_cut_last(char *path);
