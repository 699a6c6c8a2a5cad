/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rdwipe-dirty DEVICE - wipe a RAM disk whose page cache is dirty.
 *
 * Writes to the page cache of DEVICE, then wipes DEVICE through the same descriptor. Prints
 * `ok`, or the failure. The caller checks that the cached data does not come back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char data[1 << 20];
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;

	memset(data, 'x', sizeof(data));
	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data) ||
	    ioctl(fd, 0x0531, 0) < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	if (pread(fd, data, sizeof(data), 0) != sizeof(data) || data[0] ||
	    data[sizeof(data) - 1]) {
		printf("old data is read after the wipe\n");
		return 1;
	}
	close(fd);
	printf("ok\n");
	return 0;
}
