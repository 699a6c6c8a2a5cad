/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of the page store, for its own files: chunks, maps, and blocks of pages.
 * store.c has the rules of locking.
 */
#ifndef RAPIDDISK_CHUNK_H
#define RAPIDDISK_CHUNK_H

#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#define RD_CHUNK_SHIFT 9
#define RD_CHUNK_PAGES (1U << RD_CHUNK_SHIFT)
#define RD_CHUNK_MASK  (RD_CHUNK_PAGES - 1)
#define RD_CHUNK_BYTES ((u64)RD_CHUNK_PAGES << PAGE_SHIFT)

/*
 * A table of pages. In a map: changed under rd_store.lock, read under RCU. @nr is the
 * number of pages, at least 1: a chunk without pages leaves the map.
 */
struct rd_chunk {
	union {
		struct rcu_head rcu;
		struct rd_chunk *next_gone;
	};
	unsigned int nr;
	void __rcu *page[RD_CHUNK_PAGES];
};

/*
 * @nr_pages is the size of the store, @nr_chunks the length of the array, which never
 * shrinks.
 */
struct rd_map {
	unsigned long nr_pages;
	unsigned long nr_chunks;
	struct rd_chunk __rcu *chunk[];
};

static inline unsigned long rd_bytes_to_pages(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* Return: a page of a chunk that has no other user. */
static inline void *rd_chunk_own_page(const struct rd_chunk *chunk, unsigned int slot)
{
	return rcu_dereference_protected(chunk->page[slot], true);
}

/* Return: the number of pages in @nr slots from @first on. */
static inline unsigned int rd_chunk_count(const struct rd_chunk *chunk,
					  unsigned int first, unsigned int nr)
{
	unsigned int count = 0, slot;

	for (slot = first; slot < first + nr; slot++)
		count += !!rcu_access_pointer(chunk->page[slot]);
	return count;
}

/* Return: the part of @len bytes from @pos on that lies in one chunk. */
static inline u64 rd_chunk_part(u64 pos, u64 len)
{
	return min(len, RD_CHUNK_BYTES - (pos & (RD_CHUNK_BYTES - 1)));
}

static inline unsigned int rd_slot(u64 pos)
{
	return (pos >> PAGE_SHIFT) & RD_CHUNK_MASK;
}

static inline void *rd_chunk_page(const struct rd_chunk *chunk, unsigned int slot)
{
	return rcu_dereference(chunk->page[slot]);
}

int rd_chunk_cache_create(void);
void rd_chunk_cache_destroy(void);
bool rd_memory_has(unsigned long nr_pages);
struct rd_chunk *rd_chunk_alloc(gfp_t gfp);
void rd_chunk_free(struct rd_chunk *chunk);
void rd_chunk_retire(struct rd_chunk *chunk);
struct rd_map *rd_map_alloc(unsigned long nr_pages);
void *rd_block_alloc(int node, gfp_t gfp, gfp_t large_gfp, unsigned int *order);

#endif
