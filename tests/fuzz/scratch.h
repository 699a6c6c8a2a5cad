/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A directory of plain files that stands for the root of a machine, and the parts of an input.
 * Without memory or space, the functions end the process: that is no finding.
 */
#pragma once

#include <stddef.h>

/* scratch_root() - Return the path of the directory, which is removed when the process exits. */
const char *scratch_root(void);

/* scratch_put() - Write a file, and create its directories. */
void scratch_put(const char *path, const char *bytes, size_t len);

/* scratch_text() - As scratch_put(), of a text. */
void scratch_text(const char *path, const char *text);

/* scratch_link() - Create a symbolic link and its directories, unless it exists. */
void scratch_link(const char *path, const char *target);

/* scratch_remove() - Remove @path with all below, if it exists. */
void scratch_remove(const char *path);

/* scratch_remove_tree() - Remove @path, of the file system of the process, with all below. */
void scratch_remove_tree(const char *path);

/* A part of an input. */
struct part {
	const char *bytes;
	size_t len;
};

/* part_next() - Remove the part before the next form feed from @rest, and return the part. */
struct part part_next(struct part *rest);

/* part_text() - Return the bytes before the first NUL, the caller's to free. */
char *part_text(struct part part);
