/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a file with private content, also to a directory that everybody can write to. */
#pragma once

#include <stddef.h>

/*
 * private_file_write() - Write a new file of mode 0600, and rename it to @path. A regular file
 * is replaced, its content unchanged.
 * Return: 0; -ELOOP: the path is a symbolic link; -EEXIST: the path is another file; -errno.
 */
int private_file_write(const char *path, const char *text, size_t len);
