/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stale DEVICE SECTORS THREADS OPERATIONS SEED - find stale bytes under overlapping requests.
 *
 * Reads and writes of all sizes overlap in time. Every 8 bytes of a sector hold the sector's
 * number and the version of the write. A write raises the version of its sectors. Two writes of
 * one sector never overlap. A read must return at least the version acknowledged when the read
 * began, and at most the version sent when the read ended. Threads with odd numbers only read.
 *
 * Prints the numbers of reads and writes. Exits with 1 at the first wrong byte or failed request.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR	    512
#define WORDS	    (SECTOR / 8)
#define MAX_SECTORS 128

struct sector {
	_Atomic uint32_t sent;
	_Atomic uint32_t acknowledged;
	bool is_busy;
};

static struct sector *sectors;
static uint32_t nr_sectors;
static long operations;
static unsigned int seed;
static int fd;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static atomic_long reads, writes;

static void die(const char *what, uint32_t sector, uint64_t got, uint32_t low,
		uint32_t high)
{
	fprintf(stderr,
		"stale: %s: sector %u: got sector %u version %u, wanted %u to %u: %s\n",
		what, sector, (uint32_t)(got >> 32), (uint32_t)got, low, high,
		strerror(errno));
	exit(1);
}

/* Choose a range: up to 8 sectors, whole blocks, up to MAX_SECTORS, or one block. */
static void choose(unsigned int *state, uint32_t *ret_first, uint32_t *ret_nr)
{
	uint32_t nr, first;

	switch (rand_r(state) % 4) {
	case 0:
		nr = 1 + rand_r(state) % 8;
		first = rand_r(state) % (nr_sectors - nr + 1);
		break;
	case 1:
		nr = 8 * (1 + rand_r(state) % (MAX_SECTORS / 8));
		first = rand_r(state) % ((nr_sectors - nr) / 8 + 1) * 8;
		break;
	case 2:
		nr = 1 + rand_r(state) % MAX_SECTORS;
		first = rand_r(state) % (nr_sectors - nr + 1);
		break;
	default:
		nr = 8;
		first = rand_r(state) % (nr_sectors / 8) * 8;
	}
	*ret_first = first;
	*ret_nr = nr;
}

static bool is_busy(uint32_t first, uint32_t nr)
{
	for (uint32_t i = first; i < first + nr; i++)
		if (sectors[i].is_busy)
			return true;
	return false;
}

static void set_busy(uint32_t first, uint32_t nr, bool value)
{
	for (uint32_t i = first; i < first + nr; i++)
		sectors[i].is_busy = value;
}

static void do_write(uint64_t *buffer, uint32_t first, uint32_t nr)
{
	pthread_mutex_lock(&lock);
	while (is_busy(first, nr))
		pthread_cond_wait(&freed, &lock);
	set_busy(first, nr, true);
	pthread_mutex_unlock(&lock);

	for (uint32_t i = 0; i < nr; i++) {
		uint32_t version = atomic_fetch_add(&sectors[first + i].sent, 1) + 1;

		for (int word = 0; word < WORDS; word++)
			buffer[i * WORDS + word] = (uint64_t)(first + i) << 32 | version;
	}
	errno = 0;
	if (pwrite(fd, buffer, (size_t)nr * SECTOR, (off_t)first * SECTOR) !=
	    (ssize_t)nr * SECTOR)
		die("write", first, 0, 0, 0);
	for (uint32_t i = first; i < first + nr; i++)
		atomic_store(&sectors[i].acknowledged, atomic_load(&sectors[i].sent));

	pthread_mutex_lock(&lock);
	set_busy(first, nr, false);
	pthread_cond_broadcast(&freed);
	pthread_mutex_unlock(&lock);
	atomic_fetch_add(&writes, 1);
}

static void do_read(uint64_t *buffer, uint32_t first, uint32_t nr)
{
	uint32_t low[MAX_SECTORS];

	for (uint32_t i = 0; i < nr; i++)
		low[i] = atomic_load(&sectors[first + i].acknowledged);
	errno = 0;
	if (pread(fd, buffer, (size_t)nr * SECTOR, (off_t)first * SECTOR) !=
	    (ssize_t)nr * SECTOR)
		die("read", first, 0, 0, 0);
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t high = atomic_load(&sectors[first + i].sent);

		for (int word = 0; word < WORDS; word++) {
			uint64_t got = buffer[i * WORDS + word];

			if (got >> 32 != first + i || (uint32_t)got < low[i] ||
			    (uint32_t)got > high)
				die("stale", first + i, got, low[i], high);
		}
	}
	atomic_fetch_add(&reads, 1);
}

static void *run(void *argument)
{
	unsigned int number = (unsigned int)(uintptr_t)argument,
		     state = seed * 1000 + number;
	uint64_t *buffer = aligned_alloc(4096, (size_t)MAX_SECTORS * SECTOR);
	uint32_t first, nr;

	for (long i = 0; i < operations; i++) {
		choose(&state, &first, &nr);
		if (number % 2 || rand_r(&state) % 4 == 0)
			do_read(buffer, first, nr);
		else
			do_write(buffer, first, nr);
	}
	free(buffer);
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned int nr_threads;
	pthread_t thread[64];

	if (argc != 6)
		return 64;
	fd = open(argv[1], O_RDWR | O_DIRECT | O_CLOEXEC);
	nr_sectors = strtoul(argv[2], NULL, 10);
	nr_threads = strtoul(argv[3], NULL, 10);
	operations = strtol(argv[4], NULL, 10);
	seed = strtoul(argv[5], NULL, 10);
	sectors = calloc(nr_sectors, sizeof(*sectors));
	if (fd < 0 || !sectors || nr_sectors < MAX_SECTORS || nr_threads > 64) {
		perror(argv[1]);
		return 1;
	}
	uint64_t *buffer = aligned_alloc(4096, (size_t)MAX_SECTORS * SECTOR);
	for (uint32_t first = 0; first < nr_sectors; first += MAX_SECTORS) {
		uint32_t nr = nr_sectors - first < MAX_SECTORS ? nr_sectors - first
							       : MAX_SECTORS;

		do_write(buffer, first, nr);
	}
	free(buffer);
	for (uintptr_t i = 0; i < nr_threads; i++)
		pthread_create(&thread[i], NULL, run, (void *)i);
	for (unsigned int i = 0; i < nr_threads; i++)
		pthread_join(thread[i], NULL);
	printf("%ld reads, %ld writes\n", atomic_load(&reads), atomic_load(&writes));
	return 0;
}
