// SPDX-License-Identifier: GPL-2.0-only
/* The memory of the page store: chunks, maps, blocks of pages, and the reserve. */
#include <linux/atomic.h>
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "chunk.h"

/* Data leaves this part of RAM free, as a divisor. */
#define RD_RESERVE_DIVISOR 32

static struct kmem_cache *rd_chunk_cache;

/* Chunks that wait for a grace period. */
static atomic_long_t rd_nr_retired = ATOMIC_LONG_INIT(0);

/**
 * rd_chunk_cache_create() - Create the slab cache of chunks.
 *
 * Return: 0 or -ENOMEM.
 */
int rd_chunk_cache_create(void)
{
	rd_chunk_cache =
		kmem_cache_create("rapiddisk_chunk", sizeof(struct rd_chunk), 0, 0, NULL);
	return rd_chunk_cache ? 0 : -ENOMEM;
}

/**
 * rd_chunk_cache_destroy() - Destroy the slab cache of chunks.
 */
void rd_chunk_cache_destroy(void)
{
	/* Callbacks of the last discards free to the cache. Wait for them. */
	rcu_barrier();
	kmem_cache_destroy(rd_chunk_cache);
}

/* Return: the number of free pages of a zone that are on the lists of the CPUs. */
static unsigned long rd_zone_listed(const struct zone *zone)
{
	unsigned long nr = 0;
	int cpu;

	for_each_online_cpu(cpu)
		nr += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
	return nr;
}

/*
 * Return: the number of free pages on the lists of the CPUs. No counter has them, and since
 * Linux 6.7 a CPU may keep an eighth of the memory, such as the pages of a discard.
 */
static unsigned long rd_nr_listed_pages(void)
{
	unsigned long nr = 0;
	struct zone *zone;
	int node, i;

	for_each_online_node(node) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			zone = &NODE_DATA(node)->node_zones[i];
			if (populated_zone(zone))
				nr += rd_zone_listed(zone);
		}
	}
	return nr;
}

static bool rd_memory_has_now(unsigned long nr_pages)
{
	unsigned long needed = nr_pages + totalram_pages() / RD_RESERVE_DIVISOR;
	unsigned long available = max(si_mem_available(), 0L);

	return available >= needed || available + rd_nr_listed_pages() >= needed;
}

/*
 * Wait until all chunks that were retired before are free. Return: false if there were
 * none. Context: may sleep.
 */
static bool rd_chunks_settle(void)
{
	if (!atomic_long_read(&rd_nr_retired))
		return false;
	rcu_barrier();
	return true;
}

/**
 * rd_memory_has() - Check whether memory is left beyond the reserve of the system.
 * @nr_pages: number of pages
 *
 * Without this check a disk larger than memory would not end with an error of its own,
 * but with the OOM killer, which finds no process whose end would help, and then a panic.
 *
 * A discard that has ended may still wait for a grace period. Its memory counts.
 *
 * Context: may sleep.
 * Return: true if @nr_pages may be allocated.
 */
bool rd_memory_has(unsigned long nr_pages)
{
	return rd_memory_has_now(nr_pages) ||
	       (rd_chunks_settle() && rd_memory_has_now(nr_pages));
}

/*
 * Check the same for a block of RD_CHUNK_PAGES, for the price of a load. The result is
 * computed once per tick, in which writes can use up a part of the reserve only.
 * Concurrent callers may compute it twice. Any change of jiffies counts, so time_after()
 * does not apply.
 *
 * Context: any. Only waits for discards if @gfp allows that.
 */
static bool rd_memory_has_block(gfp_t gfp)
{
	static unsigned long looked_at;
	static bool has_block = true;

	if (READ_ONCE(looked_at) != jiffies) {
		WRITE_ONCE(has_block, rd_memory_has_now(RD_CHUNK_PAGES));
		WRITE_ONCE(looked_at, jiffies);
	}
	if (likely(READ_ONCE(has_block)))
		return true;
	if (!gfpflags_allow_blocking(gfp) || !rd_chunks_settle())
		return false;
	WRITE_ONCE(has_block, rd_memory_has_now(RD_CHUNK_PAGES));
	return READ_ONCE(has_block);
}

/**
 * rd_chunk_alloc() - Allocate an empty chunk.
 * @gfp: flags
 *
 * Return: the chunk or NULL.
 */
struct rd_chunk *rd_chunk_alloc(gfp_t gfp)
{
	return kmem_cache_zalloc(rd_chunk_cache, gfp);
}

/**
 * rd_chunk_free() - Free a chunk with its pages.
 * @chunk: a chunk without other users; NULL is fine
 */
void rd_chunk_free(struct rd_chunk *chunk)
{
	unsigned int slot;

	if (!chunk)
		return;
	for (slot = 0; slot < RD_CHUNK_PAGES; slot++)
		free_page((unsigned long)rd_chunk_own_page(chunk, slot));
	kmem_cache_free(rd_chunk_cache, chunk);
}

static void rd_chunk_free_rcu(struct rcu_head *rcu)
{
	rd_chunk_free(container_of(rcu, struct rd_chunk, rcu));
	atomic_long_dec(&rd_nr_retired);
}

/**
 * rd_chunk_retire() - Free a chunk with its pages after a grace period.
 * @chunk: a chunk that only copies under way can reach
 */
void rd_chunk_retire(struct rd_chunk *chunk)
{
	atomic_long_inc(&rd_nr_retired);
	call_rcu_hurry(&chunk->rcu, rd_chunk_free_rcu);
}

/**
 * rd_map_alloc() - Allocate a map without chunks.
 * @nr_pages: size of the store
 *
 * Does not invoke the OOM killer: a disk that does not fit is no reason to end a process.
 *
 * Context: may sleep.
 * Return: the map; NULL if out of memory.
 */
struct rd_map *rd_map_alloc(unsigned long nr_pages)
{
	unsigned long nr_chunks = DIV_ROUND_UP(nr_pages, RD_CHUNK_PAGES);
	struct rd_map *map;
	size_t bytes = struct_size(map, chunk, nr_chunks);

	if (!rd_memory_has(bytes >> PAGE_SHIFT))
		return NULL;
	map = kvzalloc(bytes, GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (map) {
		map->nr_pages = nr_pages;
		map->nr_chunks = nr_chunks;
	}
	return map;
}

/**
 * rd_block_alloc() - Allocate contiguous zeroed pages, each of order 0.
 * @node: preferred node, or NUMA_NO_NODE for the nearest
 * @gfp: flags for a single page
 * @large_gfp: flags for more pages
 * @order: 2^*order pages; lowered to the order that was available
 *
 * Unlike alloc_pages(), this ignores the memory policy of the task, because other tasks
 * use the disk, too.
 *
 * Context: any that @gfp allows.
 * Return: the address of the first page; NULL if out of memory, or at the reserve.
 */
void *rd_block_alloc(int node, gfp_t gfp, gfp_t large_gfp, unsigned int *order)
{
	struct page *page;
	gfp_t flags;

	if (!rd_memory_has_block(gfp))
		return NULL;
	for (;;) {
		flags = (*order ? large_gfp : gfp) | __GFP_ZERO;
		page = alloc_pages_node(node, flags, *order);
		if (page || !*order)
			break;
		*order = *order > PAGE_ALLOC_COSTLY_ORDER ? PAGE_ALLOC_COSTLY_ORDER : 0;
	}
	if (!page)
		return NULL;
	if (*order)
		split_page(page, *order);
	return page_address(page);
}
