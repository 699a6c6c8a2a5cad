/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files as one text: a golden case, or the output of --capture.
 *
 *     # A comment. Blank lines are skipped.
 *     sys/block/rd0/size = 131072      a file of one line
 *     dev/rd0                          an empty file; also stands for a block device node
 *     sys/class/block -> ../block      a symbolic link
 *     sys/kernel/config/nvmet/hosts/   an empty directory
 *     proc/meminfo:                    a file of several lines, each behind a tab
 *     	MemTotal:       4038012 kB
 *     	MemFree:        3500000 kB
 *     run/rapiddisk/owned/port:1: inode of sys/kernel/config/nvmet/ports/1
 *                                      the inode number of another entry, in decimal
 *     run/lock/ [0700]                 a mode other than 0644, or 0755 of a directory
 *     etc/name = "no newline \x00"     quotation marks hold exactly the bytes of a file,
 *                                      a line, a path or a target, with the escapes
 *                                      \" \\ \n \t and \xHH
 *     include disks.txt                the entries of a base file; an entry of this file
 *                                      replaces the entry of the same path
 *     without sys/module/nvmet         remove a path, with all below, from what is included
 *
 * This file holds the entries and the writer. The reader is tests/golden/tree_parse.h.
 */
#pragma once

#include "base/buf.h"
#include "base/vec.h"

#include <sys/types.h>

#define TREE_MODE_FILE 0644
#define TREE_MODE_DIR  0755

enum tree_type { TREE_FILE, TREE_DIR, TREE_LINK, TREE_INODE };

struct tree_entry {
	char *path; /* relative to the root of the tree */
	enum tree_type type;
	mode_t mode; /* permission bits; ignored for a link */
	char *data;  /* TREE_FILE: the content; TREE_LINK, TREE_INODE: the target */
	size_t len;
};

/* Sorted by path; all below a directory follows the directory. */
struct tree {
	VEC(struct tree_entry) entries;
};

void tree_done(struct tree *tree);

/*
 * tree_put() - Add a copy of @entry, in the place of an entry of the same path.
 * Return: 0; -EINVAL if the path is absolute, too long, or has an empty component, '.' or
 * '..'; -ENOMEM.
 */
int tree_put(struct tree *tree, const struct tree_entry *entry);

/* tree_put_link() - As tree_put(), of a symbolic link. */
int tree_put_link(struct tree *tree, char *path, char *target);

/* tree_find() - Return: the entry of @path; NULL if the tree has no such entry. */
struct tree_entry *tree_find(const struct tree *tree, const char *path);

/* tree_remove() - Remove @path and all below. Return: the number of entries removed. */
size_t tree_remove(struct tree *tree, const char *path);

/* tree_is_below() - True if @path is inside the directory @dir, at any depth. */
bool tree_is_below(const char *path, const char *dir);

/*
 * tree_format() - Append the text of the tree. A directory with a default mode that other
 * entries imply is left out.
 */
void tree_format(const struct tree *tree, struct buf *out);
