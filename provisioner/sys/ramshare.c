/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/ramshare.h"

#include "base/cleanup.h"
#include "sys/rundir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#define NAME "ram"

/* Write a file and rename it: a killed run leaves the whole number or none. */
static int save(const struct kfs *kfs, uint64_t bytes)
{
	_cleanup_close_ int dir = rundir_open(kfs), fd = -1;
	char text[22];
	int len = snprintf(text, sizeof(text), "%" PRIu64 "\n", bytes), r;

	if (dir < 0)
		return dir;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	fd = openat(dir, NAME ".new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)len) != len)
		return -EIO;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	return renameat(dir, NAME ".new", dir, NAME) < 0 ? -errno : 0;
}

uint64_t ramshare_bytes(const struct kfs *kfs, uint64_t now_bytes, bool remember)
{
	uint64_t bytes;

	if (kfs_read_u64(kfs, &bytes, RUNDIR "/" NAME) == 0 && bytes > 0)
		return bytes;
	/* Without the file the next run computes the shares anew. */
	if (remember)
		(void)save(kfs, now_bytes);
	return now_bytes;
}
