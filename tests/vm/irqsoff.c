// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * irqsoff COMMAND... - print the longest time for which interrupts were disabled.
 *
 * Runs COMMAND while a timer interrupts CPU 0 every 10 microseconds, and prints the largest delay
 * of the timer in nanoseconds, and the function of the kernel to which the delayed interrupt returned.
 * In a guest that counts instructions as time, the delay is a number of instructions.
 *
 * Context: root, on one CPU. Leaves /proc/sys/kernel/perf_event_max_sample_rate at 1000000.
 */
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PERIOD 10000
#define PAGES  16384UL

/* A record with the members of sample_type below. */
struct sample {
	struct perf_event_header header;
	uint64_t ip;
	uint64_t time;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_timer(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = PERIOD,
		.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME,
		.disabled = 1,
	};
	FILE *rate = fopen("/proc/sys/kernel/perf_event_max_sample_rate", "w");
	int fd;

	/* By default, the kernel throttles a timer of this period. */
	if (!rate || fprintf(rate, "1000000") < 0 || fclose(rate))
		die("perf_event_max_sample_rate");
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
	if (fd < 0)
		die("perf_event_open");
	return fd;
}

/* Print the function of the kernel that has the address. */
static void print_function(uint64_t ip)
{
	char name[128], best[128] = "user";
	unsigned long long at, best_at = 0;
	FILE *symbols = fopen("/proc/kallsyms", "r");

	if (!symbols)
		die("/proc/kallsyms");
	while (fscanf(symbols, "%llx %*c %127s%*[^\n]", &at, name) == 2) {
		if (at <= ip && at > best_at) {
			best_at = at;
			memcpy(best, name, sizeof(best));
		}
	}
	fclose(symbols);
	printf("%s\n", best);
}

/* Print the largest gap between two samples, without the period. */
static int report(const struct perf_event_mmap_page *ring, uint64_t size)
{
	const char *data = (const char *)ring + ring->data_offset;
	uint64_t at, last = 0, most = 0, ip = 0, nr = 0;
	struct sample sample;

	for (at = 0; at < ring->data_head; at += sample.header.size) {
		if (at + sizeof(sample) > size) {
			fprintf(stderr, "irqsoff: too many samples\n");
			return 1;
		}
		sample = *(const struct sample *)(data + at);
		/* The kernel stops the timer of a CPU that is idle for long. */
		if (sample.header.type != PERF_RECORD_SAMPLE) {
			last = 0;
			continue;
		}
		nr++;
		if (last && sample.time - last > most) {
			most = sample.time - last;
			ip = sample.ip;
		}
		last = sample.time;
	}
	if (nr < 100) {
		fprintf(stderr, "irqsoff: only %llu samples\n", (unsigned long long)nr);
		return 1;
	}
	printf("%llu ", (unsigned long long)(most > PERIOD ? most - PERIOD : 0));
	print_function(ip);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t size = PAGES * (uint64_t)sysconf(_SC_PAGESIZE);
	struct perf_event_mmap_page *ring;
	int fd, status;
	pid_t child;

	if (argc < 2) {
		fprintf(stderr, "usage: irqsoff COMMAND...\n");
		return 64;
	}
	fd = open_timer();
	ring = mmap(NULL, size + (uint64_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die("mmap");
	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		/* The command alone is measured, from its start on. */
		ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
		execvp(argv[1], argv + 1);
		die(argv[1]);
	}
	waitpid(child, &status, 0);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (status) {
		fprintf(stderr, "irqsoff: the command failed\n");
		return 1;
	}
	return report(ring, size);
}
