/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rdioctl DEVICE r|w highest|pages|wipe|NUMBER... - issue the RAM disk's own ioctls, for tests.
 *
 * Opens DEVICE for reading or writing. Prints for each request the number that the kernel
 * returned, `ok`, or the name of the errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void do_request(int fd, const char *request)
{
	unsigned long number = strtoul(request, NULL, 0);
	uint64_t value = UINT64_MAX;

	if (!strcmp(request, "highest"))
		number = 0x0529;
	else if (!strcmp(request, "pages"))
		number = 0x0530;
	else if (!strcmp(request, "wipe"))
		number = 0x0531;
	if (ioctl(fd, number, &value) < 0)
		printf("%s\n", strerrorname_np(errno));
	else if (value == UINT64_MAX)
		printf("ok\n");
	else
		printf("%llu\n", (unsigned long long)value);
}

int main(int argc, char **argv)
{
	int fd, i;

	if (argc < 4) {
		fprintf(stderr, "usage: rdioctl DEVICE r|w REQUEST...\n");
		return 64;
	}
	fd = open(argv[1], (argv[2][0] == 'w' ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0) {
		printf("%s\n", strerrorname_np(errno));
		return 1;
	}
	for (i = 3; i < argc; i++)
		do_request(fd, argv[i]);
	close(fd);
	return 0;
}
