// SPDX-License-Identifier: GPL-2.0-only
/* The memory of the page store: chunks, maps, blocks of pages, and the reserve. */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "chunk.h"

/* Data leaves this part of RAM free, as a divisor. */
#define RD_RESERVE_DIVISOR 32

static struct kmem_cache *rd_chunk_cache;

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

/**
 * rd_memory_has() - Check whether memory is left beyond the reserve of the system.
 * @nr_pages: number of pages
 *
 * Without this check a disk larger than memory would not end with an error of its own,
 * but with the OOM killer, which finds no process whose end would help, and then a panic.
 *
 * Return: true if @nr_pages may be allocated.
 */
bool rd_memory_has(unsigned long nr_pages)
{
	unsigned long reserve = totalram_pages() / RD_RESERVE_DIVISOR;
	long available = si_mem_available();

	return available > 0 && available >= reserve && available - reserve >= nr_pages;
}

/*
 * Check the same for a block of RD_CHUNK_PAGES, for the price of a load. The result is
 * computed once per tick, in which writes can use up a part of the reserve only.
 * Concurrent callers may compute it twice. Any change of jiffies counts, so time_after()
 * does not apply.
 */
static bool rd_memory_has_block(void)
{
	static unsigned long looked_at;
	static bool has_block = true;

	if (READ_ONCE(looked_at) != jiffies) {
		WRITE_ONCE(has_block, rd_memory_has(RD_CHUNK_PAGES));
		WRITE_ONCE(looked_at, jiffies);
	}
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

/**
 * rd_chunk_free_rcu() - Free a chunk with its pages, as a callback of call_rcu().
 * @rcu: rd_chunk.rcu
 */
void rd_chunk_free_rcu(struct rcu_head *rcu)
{
	rd_chunk_free(container_of(rcu, struct rd_chunk, rcu));
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
 * @node: preferred node, or NUMA_NO_NODE
 * @gfp: flags for a single page
 * @large_gfp: flags for more pages
 * @order: 2^*order pages; lowered to the order that was available
 *
 * Return: the address of the first page; NULL if out of memory, or at the reserve.
 */
void *rd_block_alloc(int node, gfp_t gfp, gfp_t large_gfp, unsigned int *order)
{
	struct page *page;
	gfp_t flags;

	if (!rd_memory_has_block())
		return NULL;
	for (;;) {
		flags = (*order ? large_gfp : gfp) | __GFP_ZERO;
		if (node == NUMA_NO_NODE)
			page = alloc_pages(flags, *order);
		else
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
