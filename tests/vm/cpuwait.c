// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cpuwait read|nowait|write FILE MIB - print for how long a task waits for the CPU beside a long copy.
 *
 * Reads or writes MIB mebibytes of FILE by one direct I/O, whose memory is huge pages. `nowait`
 * reads like io_uring: with RWF_NOWAIT, and once more without it after EAGAIN. Meanwhile
 * another task of the same priority looks at the clock. Prints the longest time in nanoseconds
 * between two looks. In a guest that counts instructions as time, it is a number of instructions.
 *
 * Context: root, on one CPU. Leaves behind: the huge pages in /proc/sys/vm/nr_hugepages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void *huge_alloc(size_t size)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "w");
	void *memory;

	if (!file || fprintf(file, "%zu", size >> 21) < 0 || fclose(file))
		die("nr_hugepages");
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		die("huge pages");
	return memory;
}

static ssize_t read_nowait(int fd, void *memory, size_t size)
{
	struct iovec vec = { .iov_base = memory, .iov_len = size };
	ssize_t done = preadv2(fd, &vec, 1, 0, RWF_NOWAIT);

	return done < 0 && errno == EAGAIN ? pread(fd, memory, size, 0) : done;
}

static ssize_t transfer(const char *how, int fd, void *memory, size_t size)
{
	if (!strcmp(how, "write"))
		return pwrite(fd, memory, size, 0);
	return !strcmp(how, "nowait") ? read_nowait(fd, memory, size)
				      : pread(fd, memory, size, 0);
}

int main(int argc, char **argv)
{
	uint64_t last, time, most = 0;
	int fd, status;
	size_t size;
	void *memory;
	pid_t child, ended;

	if (argc != 4) {
		fprintf(stderr, "usage: cpuwait read|nowait|write FILE MIB\n");
		return 64;
	}
	size = strtoul(argv[3], NULL, 10) << 20;
	fd = open(argv[2], O_RDWR | O_DIRECT);
	if (fd < 0)
		die(argv[2]);
	memory = huge_alloc(size);
	/* The child may run before this task does. */
	last = now();
	child = fork();
	if (child < 0)
		die("fork");
	if (!child)
		_exit(transfer(argv[1], fd, memory, size) != (ssize_t)size);
	/* The last look follows the end of the child, which may have had the CPU until then. */
	do {
		ended = waitpid(child, &status, WNOHANG);
		time = now();
		if (time - last > most)
			most = time - last;
		last = time;
	} while (!ended);
	if (ended != child || status) {
		fprintf(stderr, "cpuwait: the %s failed\n", argv[1]);
		return 1;
	}
	printf("%llu\n", (unsigned long long)most);
	return 0;
}
