/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The work for one target in one run. */
#pragma once

#include "model/status.h"
#include "sys/kfs.h"

/*
 * target_push() - Queue the new reports, and send the queued ones, oldest first.
 *
 * @directory_fd: the parent of the spools of all targets.
 * Return: 0: the queue is empty, or no attempt is due; -EAGAIN: the target did not accept
 * a report, as an error on stderr says; -errno.
 */
int target_push(const struct push_target *target, const struct kfs *kfs, int directory_fd,
		const char *host);

/* target_count() - Return the counts of a target for the status. Return: 0 or -errno. */
struct push_count;
int target_count(const struct push_target *target, int directory_fd,
		 struct push_count *ret);
