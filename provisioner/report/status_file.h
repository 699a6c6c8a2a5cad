/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that says what the last run did. */
#pragma once

#include "base/fault.h"

#define STATUS_FILE "status.json"

/*
 * status_file_write() - Put @json in the place of the old file, whole or not at all:
 * temporary file, fsync, rename. Mode 0644. Return: 0 or -errno; the old file stays then.
 */
int status_file_write(int rundir_fd, const char *json, struct fault *fault);
