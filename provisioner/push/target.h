/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that is done for one target in one run. */
#pragma once

#include "model/status.h"
#include "sys/kfs.h"

/*
 * target_push() - Queue what is new, send what waits, oldest first, and remember the rest.
 *
 * @folder_fd: where the spools of all targets are.
 * Return: 0: nothing waits any more, or it is not time yet; -EAGAIN: the target does not
 * take it, which was said on stderr; -errno.
 */
int target_push(const struct push_target *target, const struct kfs *kfs, int folder_fd,
		const char *host);

/* target_count() - Its figures for others to see. Return: 0 or -errno. */
struct push_count;
int target_count(const struct push_target *target, int folder_fd, struct push_count *ret);
