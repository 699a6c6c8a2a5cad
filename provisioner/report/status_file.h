/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that say what the last run did. */
#pragma once

#include "base/fault.h"

#include <stddef.h>

#define STATUS_FILE "status.json"
/* The same of the last run in the initramfs of this boot. */
#define STATUS_FILE_INITRAMFS "initramfs.json"

/*
 * status_file_write() - Put @json in the place of the file @name, whole or not at all:
 * temporary file, fsync, rename. Mode 0644. Return: 0 or -errno; the old file stays then.
 */
int status_file_write(int rundir_fd, const char *name, const char *json,
		      struct fault *fault);

/*
 * status_file_read() - The whole file @name. Does not block on what is no file.
 * Return: 0 and *ret, NUL-terminated, the caller's to free; -ENOENT; -EFBIG: longer than
 * STATUS_DOC_MAX; -EBADMSG: no regular file; -errno.
 */
int status_file_read(int rundir_fd, const char *name, char **ret, size_t *ret_len);
