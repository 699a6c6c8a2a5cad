/* SPDX-License-Identifier: GPL-2.0-only */
/* Find and replace the chunks of a page store. store.c has the rules of locking. */
#ifndef RAPIDDISK_MAP_H
#define RAPIDDISK_MAP_H

#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "chunk.h"
#include "store_types.h"

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

void rd_store_set_chunk(struct rd_store *store, unsigned long nr, struct rd_chunk *chunk);
unsigned int rd_store_hole(const struct rd_store *store, unsigned long index,
			   unsigned int max, bool *ret_has_chunk);

#endif
