/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /run/rapiddisk. It lives as long as the kernel objects that it describes, also across the
 * switch from the initramfs to the root file system.
 */
#pragma once

#include "base/fault.h"
#include "sys/kfs.h"

#include <stdint.h>

#define RUNDIR "run/rapiddisk"

/*
 * rundir_open() - Open the directory, and create it (0755) if needed.
 * Return: fd, the caller's to close; -errno.
 */
int rundir_open(const struct kfs *kfs);

/*
 * rundir_lock() - Take the lock of a run. The kernel releases the lock when the descriptor
 * is closed, however the process ends.
 *
 * @deadline_ms: on clock_now_ms(): the end of the wait for another run.
 * Return: fd of the lock, the caller's to close; -EWOULDBLOCK: another run still holds the
 * lock; -errno.
 */
int rundir_lock(int rundir_fd, uint64_t deadline_ms);
