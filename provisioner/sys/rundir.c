/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open /run/rapiddisk, and take the lock of a run. */
#include "sys/rundir.h"

#include "base/cleanup.h"
#include "sys/clock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#define LOCK_POLL_MS 50

int rundir_open(const struct kfs *kfs)
{
	_cleanup_close_ int run = -1;
	int fd = kfs_open(kfs, O_RDONLY | O_DIRECTORY, RUNDIR);
	int r;

	if (fd != -ENOENT)
		return fd;
	run = kfs_open(kfs, O_RDONLY | O_DIRECTORY, "run");
	if (run < 0)
		return run;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	if (mkdirat(run, strrchr(RUNDIR, '/') + 1, 0755) < 0 && errno != EEXIST)
		return -errno;
	return kfs_open(kfs, O_RDONLY | O_DIRECTORY, RUNDIR);
}

int rundir_lock(int rundir_fd, uint64_t deadline_ms)
{
	_cleanup_close_ int fd = openat(rundir_fd, "lock",
					O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (clock_now_ms() >= deadline_ms)
			return -EWOULDBLOCK;
		clock_sleep_ms(LOCK_POLL_MS);
	}
	return TAKE_FD(fd);
}
