// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page store's memory: chunks, maps, blocks of pages, and whether there is any.
 */
#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "chunk.h"

/* The part of RAM that data leaves alone, as a divisor. */
#define RD_RESERVE_DIVISOR 32

static struct kmem_cache *rd_chunk_cache;

int rd_store_cache_create(void)
{
	rd_chunk_cache =
		kmem_cache_create("rapiddisk_chunk", sizeof(struct rd_chunk), 0, 0, NULL);
	return rd_chunk_cache ? 0 : -ENOMEM;
}

void rd_store_cache_destroy(void)
{
	/* Callbacks of the last discards may not have run; they free to the cache. */
	rcu_barrier();
	kmem_cache_destroy(rd_chunk_cache);
}

/*
 * Whether there is room for @nr_pages more without touching what the rest of the system
 * needs to go on. Without this a disk that is larger than memory ends not with an error
 * of its own but with the OOM killer, which finds nothing to kill that would help, and
 * then a panic.
 */
bool rd_memory_has(unsigned long nr_pages)
{
	unsigned long reserve = totalram_pages() / RD_RESERVE_DIVISOR;
	long available = si_mem_available();

	return available > 0 && available >= reserve && available - reserve >= nr_pages;
}

/*
 * The same for a block, at the price of a load: looked up once a tick, in which no more
 * than a part of the reserve can be used up. Two callers at once may look it up twice.
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

struct rd_chunk *rd_chunk_alloc(gfp_t gfp)
{
	return kmem_cache_zalloc(rd_chunk_cache, gfp);
}

/* Free a chunk that nobody else can reach, with its pages. NULL is fine. */
void rd_chunk_free(struct rd_chunk *chunk)
{
	unsigned int slot;

	if (!chunk)
		return;
	for (slot = 0; slot < RD_CHUNK_PAGES; slot++)
		free_page((unsigned long)rd_chunk_own_page(chunk, slot));
	kmem_cache_free(rd_chunk_cache, chunk);
}

void rd_chunk_free_rcu(struct rcu_head *rcu)
{
	rd_chunk_free(container_of(rcu, struct rd_chunk, rcu));
}

/*
 * Does not call the OOM killer: a disk that cannot be had is no reason to end a process.
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

/*
 * 2^*order zeroed pages that lie together, each one its own. Takes what can be had:
 * *order may come back lower.
 *
 * Return: the address of the first, or NULL.
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
