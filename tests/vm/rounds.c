/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rounds SOURCE MIB ROUNDS - create, change and remove caches of SOURCE and RAM disks under I/O.
 *
 * A round attaches a RAM disk and creates a cache. The cache has the memory of the RAM disk or
 * memory of its own, and both modes in turn. Meanwhile two threads read everywhere. Each thread
 * writes and discards in its own half, one directly, the other buffered. The cache is reloaded,
 * suspended, bypassed, resized and dropped. Then 1 MiB of the cache is compared with the source,
 * and the cache is removed. Under the same threads the RAM disk grows, allocates all its memory,
 * gives the memory back, is discarded, and refuses to be detached. Without threads, the RAM disk
 * is detached.
 *
 * The program calls device-mapper directly, so that a round does not start a dozen processes. No
 * other program may open the devices, so stop udevd. Exits with 1 at the first error.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define MIB	   (1UL << 20)
#define SECTOR	   512
#define MAX_PIECE  (256 * 1024)
#define RD_NUMBER  9
#define RD_PATH	   "/dev/rd9"
#define RD_MIB	   8
#define CACHE_NAME "rounds"

struct worker {
	pthread_t thread;
	const char *path;
	uint64_t size_bytes;
	unsigned int seed;
	/* A buffered worker writes in the second half, a direct one in the first half. */
	bool is_buffered;
};

static const char *source;
static uint64_t source_mib;
static long number;
static int control;
static char cache_path[32];
static atomic_bool is_over;
static atomic_long requests;

static void die(const char *format, ...)
{
	int err = errno;
	va_list args;

	fprintf(stderr, "rounds: round %ld: ", number);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(err));
	exit(1);
}

static void pause_ms(long ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000 };

	nanosleep(&time, NULL);
}

/* --- device-mapper ---------------------------------------------------------------- */

static union {
	struct dm_ioctl header;
	char bytes[4096];
} dm;

static void dm_begin(uint32_t flags)
{
	memset(&dm, 0, sizeof(dm));
	dm.header.version[0] = DM_VERSION_MAJOR;
	dm.header.data_size = sizeof(dm);
	dm.header.data_start = sizeof(dm.header);
	dm.header.flags = flags;
	strcpy(dm.header.name, CACHE_NAME);
}

static void dm_do(unsigned long command, const char *what)
{
	if (ioctl(control, command, &dm) < 0)
		die("%s", what);
}

static void dm_load(const char *arguments)
{
	struct dm_target_spec *spec;

	dm_begin(0);
	spec = (void *)(dm.bytes + dm.header.data_start);
	spec->length = source_mib * (MIB / SECTOR);
	strcpy(spec->target_type, "rapiddisk-cache");
	snprintf((char *)(spec + 1), 256, "%s %s", source, arguments);
	dm.header.target_count = 1;
	dm_do(DM_TABLE_LOAD, arguments);
}

static void dm_suspend(bool is_suspended)
{
	dm_begin(is_suspended ? DM_SUSPEND_FLAG : 0);
	dm_do(DM_DEV_SUSPEND, is_suspended ? "suspend" : "resume");
}

static void dm_message(const char *text)
{
	struct dm_target_msg *message;

	dm_begin(0);
	message = (void *)(dm.bytes + dm.header.data_start);
	snprintf(message->message, 256, "%s", text);
	dm_do(DM_TARGET_MSG, text);
}

/* --- the RAM disk ----------------------------------------------------------------- */

/* Write one command to mgmt. Return: 0 or an errno. */
static int rd_command(const char *format, ...)
{
	char text[256];
	va_list args;
	int fd, err;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fd = open("/sys/kernel/rapiddisk/mgmt", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("mgmt");
	err = write(fd, text, strlen(text)) < 0 ? errno : 0;
	close(fd);
	return err;
}

static void rd_do(const char *what, unsigned long mib, bool is_preallocated)
{
	errno = rd_command("rapiddisk %s %d %lu preallocate=%d", what, RD_NUMBER,
			   mib * MIB, is_preallocated);
	if (errno)
		die("%s to %lu MiB, preallocate=%d", what, mib, is_preallocated);
}

/* --- I/O -------------------------------------------------------------------------- */

static void *aligned(size_t size)
{
	void *memory = aligned_alloc(4096, size);

	if (!memory)
		die("memory");
	return memory;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die("open %s", path);
	return fd;
}

/*
 * Do one random request. Each worker writes in its own half, because the kernel fails a direct
 * write to a page that a buffered write made dirty. Return: true if the request succeeded.
 */
static bool work_once(struct worker *worker, int fd, char *memory)
{
	uint64_t length = SECTOR * (1 + rand_r(&worker->seed) % (MAX_PIECE / SECTOR));
	uint64_t half = worker->size_bytes / 2, range[2];
	unsigned int what = rand_r(&worker->seed) % 10;
	ssize_t done;

	/* Three of four requests are small. */
	if (rand_r(&worker->seed) % 4)
		length = length % (16 * SECTOR) + SECTOR;
	range[0] = rand_r(&worker->seed) % ((half - length) / SECTOR + 1) * SECTOR;
	range[1] = length;
	if (what > 4 ? rand_r(&worker->seed) % 2 : worker->is_buffered)
		range[0] += half;
	if (what == 0)
		return !ioctl(fd, BLKDISCARD, range);
	if (what <= 4)
		done = pwrite(fd, memory, length, range[0]);
	else
		done = pread(fd, memory, length, range[0]);
	return done == (ssize_t)length;
}

static void *work(void *data)
{
	struct worker *worker = data;
	int fd = open_or_die(worker->path, O_RDWR | (worker->is_buffered ? 0 : O_DIRECT));
	char *memory = aligned(MAX_PIECE);

	memset(memory, worker->seed, MAX_PIECE);
	while (!atomic_load(&is_over)) {
		if (!work_once(worker, fd, memory))
			die("I/O of %s", worker->path);
		atomic_fetch_add(&requests, 1);
		/* Leave CPU time to the commands that change the device. */
		pause_ms(1);
	}
	if (fsync(fd))
		die("fsync of %s", worker->path);
	close(fd);
	free(memory);
	return NULL;
}

static void workers_start(struct worker worker[2], const char *path, uint64_t size_bytes)
{
	int i;

	atomic_store(&is_over, false);
	for (i = 0; i < 2; i++) {
		worker[i].path = path;
		worker[i].size_bytes = size_bytes;
		worker[i].is_buffered = i;
		worker[i].seed = 2 * number + i;
		errno = pthread_create(&worker[i].thread, NULL, work, &worker[i]);
		if (errno)
			die("thread");
	}
	pause_ms(20);
}

static void workers_stop(struct worker worker[2])
{
	atomic_store(&is_over, true);
	pthread_join(worker[0].thread, NULL);
	pthread_join(worker[1].thread, NULL);
}

static void compare(void)
{
	uint64_t pos = number % source_mib * MIB;
	int here = open_or_die(cache_path, O_RDONLY | O_DIRECT);
	int there = open_or_die(source, O_RDONLY | O_DIRECT);
	char *one = aligned(MIB), *other = aligned(MIB);

	if (pread(here, one, MIB, pos) != MIB || pread(there, other, MIB, pos) != MIB)
		die("reading to compare");
	if (memcmp(one, other, MIB))
		die("cache and source differ within 1 MiB at %zu", pos);
	free(one);
	free(other);
	close(here);
	close(there);
}

/* --- a round ---------------------------------------------------------------------- */

static void cache_round(void)
{
	static const char *const arguments[] = { RD_PATH, "- 8192 0", "- 8192 1" };
	const char *table = arguments[number % 3];
	struct worker worker[2];

	dm_begin(0);
	dm_do(DM_DEV_CREATE, "create");
	snprintf(cache_path, sizeof(cache_path), "/dev/dm-%u", minor(dm.header.dev));
	dm_load(table);
	dm_suspend(false);
	workers_start(worker, cache_path, source_mib * MIB);
	dm_load(table);
	dm_suspend(true);
	dm_suspend(false);
	pause_ms(10);
	dm_suspend(true);
	dm_suspend(false);
	pause_ms(10);
	dm_message("bypass on");
	pause_ms(5);
	dm_message("bypass off");
	pause_ms(10);
	dm_message("resize 4096");
	pause_ms(10);
	dm_message("drop");
	workers_stop(worker);
	compare();
	dm_begin(0);
	dm_do(DM_DEV_REMOVE, "remove");
}

static void rd_round(void)
{
	uint64_t range[2] = { 0, RD_MIB * MIB };
	struct worker worker[2];
	int fd, err;

	workers_start(worker, RD_PATH, RD_MIB * MIB);
	rd_do("resize", 2 * RD_MIB, number % 2);
	pause_ms(5);
	rd_do("resize", 2 * RD_MIB, true);
	pause_ms(5);
	rd_do("resize", 2 * RD_MIB, false);
	fd = open_or_die(RD_PATH, O_RDWR);
	if (ioctl(fd, BLKDISCARD, range))
		die("discard of all");
	close(fd);
	pause_ms(5);
	err = rd_command("rapiddisk detach %d", RD_NUMBER);
	workers_stop(worker);
	errno = err;
	if (err != EBUSY)
		die("detach of an open disk");
}

int main(int argc, char **argv)
{
	time_t begin = time(NULL);
	long rounds;

	if (argc != 4 || (source_mib = strtoul(argv[2], NULL, 10)) < 1 ||
	    (rounds = strtol(argv[3], NULL, 10)) < 1) {
		fprintf(stderr, "usage: rounds SOURCE MIB ROUNDS\n");
		return 64;
	}
	source = argv[1];
	control = open_or_die("/dev/mapper/control", O_RDWR);
	for (number = 0; number < rounds; number++) {
		rd_do("attach", RD_MIB, number / 3 % 2);
		cache_round();
		rd_round();
		errno = rd_command("rapiddisk detach %d", RD_NUMBER);
		if (errno)
			die("detach");
		if (number % 10 == 9)
			printf("%ld rounds, %ld requests, %ld s\n", number + 1,
			       atomic_load(&requests), (long)(time(NULL) - begin));
		fflush(stdout);
	}
	printf("%ld rounds, %ld requests, %ld s\n", rounds, atomic_load(&requests),
	       (long)(time(NULL) - begin));
	return 0;
}
