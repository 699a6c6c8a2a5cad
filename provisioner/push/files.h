/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a target names: its token, its certificates and its key. */
#pragma once

#include <stdbool.h>

/*
 * files_find() - Return the path of @name: a relative one is a credential that systemd put
 * into $CREDENTIALS_DIRECTORY.
 * @is_private: refuse a file that others can read.
 * Return: 0 and *ret, the caller's to free; -EPERM: others can read it; -ENOENT; -errno.
 */
int files_find(const char *name, bool is_private, char **ret);

/*
 * files_read_token() - Read the token in the private file @name.
 * Return: 0 and *ret, the caller's to wipe and free; -EINVAL: it holds no token; as above.
 */
int files_read_token(const char *name, char **ret);

/* files_problem() - Describe @error of the functions above. */
const char *files_problem(int error);
