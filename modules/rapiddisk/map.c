// SPDX-License-Identifier: GPL-2.0-only
/* The chunks of a page store: replace one, measure a hole. */
#include <linux/err.h>

#include "map.h"

/**
 * rd_store_set_chunk() - Set or remove a chunk, also in the map that is about to replace
 * the map.
 * @store: the store, locked
 * @nr: number of the chunk
 * @chunk: the chunk or NULL
 */
void rd_store_set_chunk(struct rd_store *store, unsigned long nr, struct rd_chunk *chunk)
{
	lockdep_assert_held(&store->lock);
	rcu_assign_pointer(rd_store_own_map(store)->chunk[nr], chunk);
	if (store->next_map)
		rcu_assign_pointer(store->next_map->chunk[nr], chunk);
}

/**
 * rd_store_hole() - Measure a hole.
 * @store: the store
 * @index: number of the first page
 * @max: number of pages to look at, which end in the chunk of @index
 * @ret_has_chunk: set to true if the map has a chunk there
 *
 * Return: the number of holes from @index on.
 */
unsigned int rd_store_hole(const struct rd_store *store, unsigned long index,
			   unsigned int max, bool *ret_has_chunk)
{
	const struct rd_chunk *chunk;
	unsigned int nr = 0;

	rcu_read_lock();
	chunk = rd_store_chunk(store, (u64)index << PAGE_SHIFT, 1);
	*ret_has_chunk = !IS_ERR_OR_NULL(chunk);
	if (!*ret_has_chunk)
		nr = max;
	while (nr < max && !rd_chunk_page(chunk, (index & RD_CHUNK_MASK) + nr))
		nr++;
	rcu_read_unlock();
	return nr;
}
