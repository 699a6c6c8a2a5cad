/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/rapiddisk: lives exactly as long as what it speaks of, across the switch of root.
 */
#pragma once

#include "base/fault.h"
#include "sys/kfs.h"

#include <stdint.h>

#define RUNDIR "run/rapiddisk"

/*
 * rundir_open() - Open the folder, and make it (0755) if it is not there.
 * Return: fd, the caller's to close; -errno.
 */
int rundir_open(const struct kfs *kfs);

/*
 * rundir_lock() - Take the lock that one run at a time holds. The kernel releases it when
 * the descriptor goes, however the process ends.
 *
 * @deadline_ms: on clock_now_ms(): how long to wait for another run.
 * Return: fd of the lock, the caller's to close; -EWOULDBLOCK: another run has it still;
 * -errno.
 */
int rundir_lock(int rundir_fd, uint64_t deadline_ms);
