/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/hold.h"

#include "base/cleanup.h"
#include "sys/clock.h"
#include "sys/devices.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* A program that formats or checks a new device holds it for a moment. */
#define BUSY_RETRY_MS 1000
#define POLL_MS	      20

#ifndef BLKGETDISKSEQ /* Linux 5.15 */
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

/* The descriptor keeps the disk: no other one gets its number while it is open. */
static int check_identity(int fd, uint64_t number, uint64_t diskseq)
{
	uint64_t live;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISBLK(st.st_mode) || st.st_rdev != number)
		return -ESTALE;
	return diskseq && ioctl(fd, BLKGETDISKSEQ, &live) == 0 && live != diskseq
		       ? -ESTALE
		       : 0;
}

int hold_open(const struct kfs *kfs, uint64_t number, uint64_t diskseq)
{
	uint64_t end = clock_now_ms() + BUSY_RETRY_MS;
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	int r = devices_node(kfs, number, &path);

	if (r < 0)
		return r == -ENOENT ? -ENODEV : r;
	/* Without write access, the close causes no event of udev. */
	while ((fd = kfs_open(kfs, O_RDONLY | O_EXCL | O_NONBLOCK, "%s", path + 1)) ==
		       -EBUSY &&
	       clock_now_ms() < end)
		clock_sleep_ms(POLL_MS);
	if (fd < 0)
		return TAKE_FD(fd);
	r = check_identity(fd, number, diskseq);
	return r < 0 ? r : TAKE_FD(fd);
}
