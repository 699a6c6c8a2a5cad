/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the page store, for its own files. store.c has the rules of locking. */
#ifndef RAPIDDISK_CHUNK_H
#define RAPIDDISK_CHUNK_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "store.h"

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

/*
 * Return: the map. Context: rd_store.lock, or the caller excludes a replacement of the
 * map.
 */
static inline struct rd_map *rd_store_own_map(const struct rd_store *store)
{
	return rcu_dereference_protected(store->map, true);
}

/* Return: a chunk or NULL. Context: rd_store.lock. */
static inline struct rd_chunk *rd_store_locked_chunk(const struct rd_store *store,
						     unsigned long nr)
{
	lockdep_assert_held(&store->lock);
	return rcu_dereference_protected(rd_store_own_map(store)->chunk[nr], true);
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

/*
 * Look up the chunk of a copy of @len bytes, which end in the chunk of @pos.
 *
 * The block layer compared the request with the capacity earlier, and the disk may have
 * shrunk since. So this checks the end of the store.
 *
 * Context: RCU read section.
 * Return: the chunk; NULL for a hole; ERR_PTR(-EIO) beyond the end.
 */
static inline const struct rd_chunk *rd_store_chunk(const struct rd_store *store, u64 pos,
						    size_t len)
{
	const struct rd_map *map = rcu_dereference(store->map);

	if (unlikely((pos + len - 1) >> PAGE_SHIFT >= READ_ONCE(map->nr_pages)))
		return ERR_PTR(-EIO);
	return rcu_dereference(map->chunk[pos >> (PAGE_SHIFT + RD_CHUNK_SHIFT)]);
}

static inline unsigned int rd_slot(u64 pos)
{
	return (pos >> PAGE_SHIFT) & RD_CHUNK_MASK;
}

static inline void *rd_chunk_page(const struct rd_chunk *chunk, unsigned int slot)
{
	return rcu_dereference(chunk->page[slot]);
}

static inline void rd_progress_add(struct rd_progress *progress, u64 bytes)
{
	if (progress)
		WRITE_ONCE(progress->done, progress->done + bytes);
}

/* In chunk.c. */
bool rd_memory_has(unsigned long nr_pages);
struct rd_chunk *rd_chunk_alloc(gfp_t gfp);
void rd_chunk_free(struct rd_chunk *chunk);
void rd_chunk_free_rcu(struct rcu_head *rcu);
struct rd_map *rd_map_alloc(unsigned long nr_pages);
void *rd_block_alloc(int node, gfp_t gfp, gfp_t large_gfp, unsigned int *order);

/* In store.c. */
void rd_store_set_chunk(struct rd_store *store, unsigned long nr, struct rd_chunk *chunk);
unsigned int rd_store_hole(const struct rd_store *store, unsigned long index,
			   unsigned int max, bool *ret_has_chunk);

#endif
