/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree as files below a directory, and back. */
#pragma once

#include "sys/tree.h"

#include <stdio.h>

/* Bytes that a file of a tree, or the text of a tree, may have. */
#define TREE_BYTES_MAX (64u << 20)

/*
 * tree_read() - Append the bytes of the file @path.
 * Return: 0; -errno once the error is printed to @errors.
 */
int tree_read(const char *path, FILE *errors, struct buf *ret);

/*
 * tree_load() - Read the text in the file @path; its base files are in @include_dir, and
 * NULL forbids base files. Return: 0; -errno once the errors are printed to @errors.
 */
int tree_load(const char *path, const char *include_dir, FILE *errors, struct tree *ret);

/*
 * tree_unpack() - Create the files of @tree below the directory @dir_fd. No entry may exist
 * there, except for directories. No link is followed, whether it existed or is part of the
 * tree, so that no entry ends up elsewhere.
 * Return: 0; -errno, and *ret_path is the entry at fault.
 */
int tree_unpack(const struct tree *tree, int dir_fd, const char **ret_path);

/*
 * tree_pack() - Read the files below @dir_fd. A block device node becomes an empty file.
 * Return: 0; -EOPNOTSUPP for a socket, a FIFO or a character device; -EFBIG; -errno; and
 * *ret_path, the caller's to free, is the file at fault or NULL.
 */
int tree_pack(int dir_fd, struct tree *ret, char **ret_path);
