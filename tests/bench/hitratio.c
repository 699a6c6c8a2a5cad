/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hitratio TRACE BLOCKS CACHE READS [DEVICE] - read DEVICE by a trace, and print ideal hit ratios.
 *
 * Reads READS blocks of 4 KiB in the order of TRACE. Prints the number of reads that count, and the
 * hit ratios, in per cent, of two caches of CACHE blocks: LRU, and the best possible one. The latter
 * is Belady's, which knows the future. Without DEVICE, only the numbers are printed.
 *
 * TRACE:
 *   zipf0.9, zipf1.2   over BLOCKS blocks
 *   loop               over 1.2 x CACHE blocks, in order
 *   scan               zipf0.9, alternating with a scan of blocks behind BLOCKS. Only the reads
 *                      of zipf count, because no cache can hit a block that is read once.
 *   rescan             zipf0.9, alternating with repeated scans of the same blocks. All reads
 *                      count.
 * The same arguments always make the same trace.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096
#define NEVER UINT32_MAX

static uint64_t state = 88172645463325252ULL;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Make a Zipf trace. The ranks are spread over the device at random. */
static void make_zipf(uint32_t *trace, uint32_t nr, uint32_t blocks, double exponent)
{
	double *sum = malloc(blocks * sizeof(*sum)), total = 0;
	uint32_t *place = malloc(blocks * sizeof(*place));

	for (uint32_t i = 0; i < blocks; i++) {
		total += pow(i + 1, -exponent);
		sum[i] = total;
		place[i] = i;
	}
	for (uint32_t i = blocks - 1; i; i--) {
		uint32_t j = random64() % (i + 1), kept = place[i];

		place[i] = place[j];
		place[j] = kept;
	}
	for (uint32_t i = 0; i < nr; i++) {
		double wanted = (random64() >> 11) * 0x1p-53 * total;
		uint32_t low = 0, high = blocks - 1;

		while (low < high) {
			uint32_t middle = (low + high) / 2;

			if (sum[middle] < wanted)
				low = middle + 1;
			else
				high = middle;
		}
		trace[i] = place[low];
	}
	free(sum);
	free(place);
}

/* Return the number of hits of LRU, by a doubly linked list of the cached blocks. */
static uint32_t lru(const uint32_t *trace, uint32_t nr, uint32_t blocks, uint32_t cache)
{
	uint32_t *next = malloc((blocks + 1) * sizeof(*next));
	uint32_t *previous = malloc((blocks + 1) * sizeof(*previous)), size = 0, hits = 0;
	bool *is_in = calloc(blocks, sizeof(*is_in));
	const uint32_t end = blocks;

	next[end] = previous[end] = end;
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t block = trace[i], victim;

		if (is_in[block]) {
			hits++;
		} else if (size++ == cache) {
			size--;
			victim = previous[end];
			is_in[victim] = false;
			previous[end] = previous[victim];
			next[previous[victim]] = end;
		}
		if (is_in[block]) {
			next[previous[block]] = next[block];
			previous[next[block]] = previous[block];
		}
		is_in[block] = true;
		next[block] = next[end];
		previous[block] = end;
		previous[next[end]] = block;
		next[end] = block;
	}
	free(next);
	free(previous);
	free(is_in);
	return hits;
}

/*
 * Belady's cache evicts the block whose next use is last. @heap orders the cached blocks by the
 * time of their next use.
 */
static uint32_t *use, *heap, *at, heap_size;

static void heap_set(uint32_t place, uint32_t block)
{
	heap[place] = block;
	at[block] = place;
}

static void heap_fix(uint32_t block)
{
	uint32_t place = at[block];

	while (place && use[heap[(place - 1) / 2]] < use[block]) {
		heap_set(place, heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * place + 1;

		if (child >= heap_size)
			break;
		if (child + 1 < heap_size && use[heap[child + 1]] > use[heap[child]])
			child++;
		if (use[heap[child]] <= use[block])
			break;
		heap_set(place, heap[child]);
		place = child;
	}
	heap_set(place, block);
}

static uint32_t belady(const uint32_t *trace, uint32_t nr, uint32_t blocks,
		       uint32_t cache)
{
	uint32_t *later = malloc(nr * sizeof(*later)),
		 *last = malloc(blocks * sizeof(*last));
	uint32_t hits = 0, moved;

	use = malloc(blocks * sizeof(*use));
	at = malloc(blocks * sizeof(*at));
	heap = malloc((cache + 1) * sizeof(*heap));
	heap_size = 0;
	memset(last, 0xff, blocks * sizeof(*last));
	memset(at, 0xff, blocks * sizeof(*at));
	for (uint32_t i = nr; i--;) {
		later[i] = last[trace[i]];
		last[trace[i]] = i;
	}
	for (uint32_t i = 0; i < nr; i++) {
		uint32_t block = trace[i];

		use[block] = later[i];
		if (at[block] != NEVER) {
			hits++;
			heap_fix(block);
			continue;
		}
		if (heap_size == cache) {
			at[heap[0]] = NEVER;
			moved = heap[--heap_size];
			if (heap_size) {
				heap_set(0, moved);
				heap_fix(moved);
			}
		}
		heap_set(heap_size++, block);
		heap_fix(block);
	}
	free(later);
	free(last);
	return hits;
}

int main(int argc, char **argv)
{
	uint32_t blocks, cache, nr, counted, end, scanned = 0;
	uint32_t *trace;
	void *buffer;
	int fd;

	if (argc < 5)
		return 64;
	blocks = strtoul(argv[2], NULL, 10);
	cache = strtoul(argv[3], NULL, 10);
	nr = strtoul(argv[4], NULL, 10);
	end = blocks;
	counted = nr;
	trace = malloc(nr * sizeof(*trace));
	if (!strncmp(argv[1], "zipf", 4)) {
		make_zipf(trace, nr, blocks, atof(argv[1] + 4));
	} else if (!strcmp(argv[1], "scan")) {
		make_zipf(trace, nr, blocks, 0.9);
		for (uint32_t i = 1; i < nr; i += 2)
			trace[i] = end++;
		counted = nr - nr / 2;
	} else if (!strcmp(argv[1], "rescan")) {
		make_zipf(trace, nr, blocks, 0.9);
		for (uint32_t i = 1; i < nr; i += 2)
			trace[i] = scanned++ % blocks;
	} else if (!strcmp(argv[1], "loop")) {
		for (uint32_t i = 0; i < nr; i++)
			trace[i] = i % (cache * 6 / 5);
	} else {
		return 64;
	}
	if (argc > 5) {
		fd = open(argv[5], O_RDONLY | O_DIRECT | O_CLOEXEC);
		buffer = aligned_alloc(BLOCK, BLOCK);
		for (uint32_t i = 0; i < nr; i++) {
			if (pread(fd, buffer, BLOCK, (off_t)trace[i] * BLOCK) != BLOCK) {
				perror(argv[5]);
				return 1;
			}
		}
	}
	printf("%u %.1f %.1f\n", counted, 100.0 * lru(trace, nr, end, cache) / counted,
	       100.0 * belady(trace, nr, end, cache) / counted);
	return 0;
}
