// SPDX-License-Identifier: GPL-2.0-only
/*
 * The size and the promises of the page store: grow, shrink, keep all pages, lend them.
 * The callers serialise these operations.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "discard.h"
#include "map.h"
#include "progress.h"
#include "promise.h"

/* Slots copied per hold of rd_store.lock while a map grows. */
#define RD_GROW_BATCH 1024UL

/* Copy the chunks to the next map. Writers keep both maps up to date meanwhile. */
static void rd_store_copy_slots(struct rd_store *store)
{
	struct rd_map *map = rd_store_own_map(store);
	unsigned long i, stop;

	for (i = 0; i < map->nr_chunks; i = stop) {
		stop = min(i + RD_GROW_BATCH, map->nr_chunks);
		spin_lock(&store->lock);
		for (; i < stop; i++)
			RCU_INIT_POINTER(store->next_map->chunk[i],
					 rd_store_locked_chunk(store, i));
		spin_unlock(&store->lock);
		cond_resched();
	}
}

/**
 * rd_store_grow() - Grow a store, which may be in use.
 * @store: the store
 * @size_bytes: the new size
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM with the store unchanged.
 */
int rd_store_grow(struct rd_store *store, u64 size_bytes)
{
	unsigned long nr_pages = rd_bytes_to_pages(size_bytes);
	struct rd_map *map = rd_store_own_map(store), *next;

	if (nr_pages <= map->nr_chunks << RD_CHUNK_SHIFT) {
		spin_lock(&store->lock);
		WRITE_ONCE(map->nr_pages, nr_pages);
		spin_unlock(&store->lock);
		return 0;
	}
	next = rd_map_alloc(nr_pages);
	if (!next)
		return -ENOMEM;

	spin_lock(&store->lock);
	store->next_map = next;
	spin_unlock(&store->lock);
	rd_store_copy_slots(store);
	spin_lock(&store->lock);
	rcu_assign_pointer(store->map, next);
	store->next_map = NULL;
	spin_unlock(&store->lock);
	synchronize_rcu();
	kvfree(map);
	return 0;
}

/*
 * Remove the pages from slot @first of chunk @nr on, which no copy can reach any more.
 *
 * Return: the chunk if all of its pages were removed, to be freed by the caller;
 * otherwise NULL.
 */
static struct rd_chunk *rd_store_cut(struct rd_store *store, unsigned long nr,
				     unsigned int first)
{
	struct rd_chunk *chunk;
	unsigned int slot;

	spin_lock(&store->lock);
	chunk = rd_store_locked_chunk(store, nr);
	if (chunk && rd_chunk_count(chunk, first, RD_CHUNK_PAGES - first) == chunk->nr) {
		rd_store_set_chunk(store, nr, NULL);
		WRITE_ONCE(store->nr_pages, store->nr_pages - chunk->nr);
		spin_unlock(&store->lock);
		return chunk;
	}
	for (slot = first; chunk && slot < RD_CHUNK_PAGES; slot++) {
		void *page = rd_chunk_own_page(chunk, slot);

		if (!page)
			continue;
		RCU_INIT_POINTER(chunk->page[slot], NULL);
		free_page((unsigned long)page);
		chunk->nr--;
		WRITE_ONCE(store->nr_pages, store->nr_pages - 1);
	}
	spin_unlock(&store->lock);
	return NULL;
}

/**
 * rd_store_shrink() - Free the pages beyond a new end.
 * @store: the store
 * @size_bytes: the new size
 * @progress: progress for readers, or NULL
 *
 * Requests beyond the new end fail from the start of this call. The rest of the last page
 * is zeroed, because it must not reappear if the store grows again.
 *
 * Context: may sleep.
 */
void rd_store_shrink(struct rd_store *store, u64 size_bytes, struct rd_progress *progress)
{
	unsigned long nr_pages = rd_bytes_to_pages(size_bytes), stop, index, next;
	struct rd_map *map = rd_store_own_map(store);
	struct rd_chunk *chunk;

	spin_lock(&store->lock);
	stop = map->nr_pages;
	WRITE_ONCE(map->nr_pages, nr_pages);
	spin_unlock(&store->lock);
	/*
	 * Copies that saw the old end are over afterwards. Inserts check again under the
	 * lock.
	 */
	synchronize_rcu();

	for (index = nr_pages; index < stop; index = next) {
		next = min((index | RD_CHUNK_MASK) + 1, stop);
		chunk = rd_store_cut(store, index >> RD_CHUNK_SHIFT,
				     index & RD_CHUNK_MASK);
		/* Copies can still reach the chunk at the new end. */
		if (chunk && index & RD_CHUNK_MASK)
			rd_chunk_retire(chunk);
		else
			rd_chunk_free(chunk);
		rd_progress_add(progress, (u64)(next - index) << PAGE_SHIFT);
		cond_resched();
	}
	rd_store_zero(store, size_bytes, (u64)nr_pages * PAGE_SIZE - size_bytes);
}

/*
 * Allocate pages for all holes of chunk @nr, in a chunk of their own. *ret_spare stays
 * NULL if no hole exists. The caller frees *ret_spare, also after a failure.
 *
 * Return: 0; -ENOMEM; -EINTR if the task is being killed.
 */
static int rd_spare_fill(struct rd_store *store, unsigned long nr,
			 struct rd_chunk **ret_spare, struct rd_progress *progress)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN;
	const gfp_t large_gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;
	unsigned long index = nr << RD_CHUNK_SHIFT;
	unsigned int stop = min_t(unsigned long, RD_CHUNK_PAGES,
				  rd_store_own_map(store)->nr_pages - index);
	unsigned int slot = 0, order, i;
	bool has_chunk;
	void *block;

	while (slot < stop) {
		unsigned int run =
			rd_store_hole(store, index + slot, stop - slot, &has_chunk);

		if (!run) {
			slot++;
			continue;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!*ret_spare)
			*ret_spare = rd_chunk_alloc(gfp);
		if (!*ret_spare)
			return -ENOMEM;
		order = ilog2(run);
		block = rd_block_alloc(store->node, gfp, large_gfp, &order);
		if (!block)
			return -ENOMEM;
		for (i = 0; i < 1U << order; i++)
			RCU_INIT_POINTER((*ret_spare)->page[slot + i],
					 block + i * PAGE_SIZE);
		(*ret_spare)->nr += 1U << order;
		slot += 1U << order;
		rd_progress_add(progress, (u64)PAGE_SIZE << order);
		cond_resched();
	}
	return 0;
}

/* Fill the holes of chunk @nr with the pages of @spare, and free the rest of @spare. */
static void rd_store_merge(struct rd_store *store, unsigned long nr,
			   struct rd_chunk *spare)
{
	struct rd_chunk *chunk;
	unsigned int slot;

	spin_lock(&store->lock);
	chunk = rd_store_locked_chunk(store, nr);
	if (!chunk) {
		WRITE_ONCE(store->nr_pages, store->nr_pages + spare->nr);
		rd_store_set_chunk(store, nr, spare);
		spin_unlock(&store->lock);
		return;
	}
	for (slot = 0; slot < RD_CHUNK_PAGES; slot++) {
		void *page = rd_chunk_own_page(spare, slot);

		if (!page || rcu_access_pointer(chunk->page[slot]))
			continue;
		rcu_assign_pointer(chunk->page[slot], page);
		RCU_INIT_POINTER(spare->page[slot], NULL);
		chunk->nr++;
		WRITE_ONCE(store->nr_pages, store->nr_pages + 1);
	}
	spin_unlock(&store->lock);
	rd_chunk_free(spare);
}

static void rd_store_set_kept(struct rd_store *store, bool is_kept)
{
	spin_lock(&store->lock);
	store->is_kept = is_kept;
	spin_unlock(&store->lock);
}

/* Return: the number of bytes that a store of this size lacks. */
static u64 rd_store_missing_bytes(const struct rd_store *store)
{
	unsigned long nr_pages = rd_store_own_map(store)->nr_pages;
	unsigned long used = READ_ONCE(store->nr_pages);

	return used < nr_pages ? (u64)(nr_pages - used) << PAGE_SHIFT : 0;
}

/**
 * rd_store_keep() - Allocate all pages of a store, and keep them from now on.
 * @store: the store, which may be in use
 * @progress: progress for readers
 *
 * All pages are collected before the store gets them, so a failure leaves the store
 * unchanged. Discards make no new holes from the start of this call, so no hole is
 * missed. Does not invoke the OOM killer. Tries nothing if the memory clearly does not
 * suffice, because the attempt would evict everything else before it fails.
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINTR if the task is being killed.
 */
int rd_store_keep(struct rd_store *store, struct rd_progress *progress)
{
	unsigned long nr_chunks =
		DIV_ROUND_UP(rd_store_own_map(store)->nr_pages, RD_CHUNK_PAGES);
	u64 missing_bytes = rd_store_missing_bytes(store);
	bool was_kept = store->is_kept;
	struct rd_chunk **spare;
	unsigned long i;
	int err = 0;

	if (!rd_memory_has(missing_bytes >> PAGE_SHIFT))
		return -ENOMEM;
	WRITE_ONCE(progress->done, 0);
	WRITE_ONCE(progress->total, missing_bytes);
	spare = kvcalloc(nr_chunks, sizeof(*spare),
			 GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!spare)
		return -ENOMEM;
	rd_store_set_kept(store, true);
	for (i = 0; i < nr_chunks && !err; i++)
		err = rd_spare_fill(store, i, &spare[i], progress);
	if (err)
		rd_store_set_kept(store, was_kept);
	for (i = 0; i < nr_chunks; i++) {
		if (spare[i] && !err)
			rd_store_merge(store, i, spare[i]);
		else
			rd_chunk_free(spare[i]);
		cond_resched();
	}
	kvfree(spare);
	return err;
}

/**
 * rd_store_unkeep() - Let discards free pages again.
 * @store: the store
 *
 * Frees nothing by itself.
 */
void rd_store_unkeep(struct rd_store *store)
{
	rd_store_set_kept(store, false);
}

/**
 * rd_store_lend() - Empty a store that keeps its pages, and hand them out.
 * @store: the store
 * @pages: list that gets the pages, linked by page->lru
 * @ret_chunks: the empty chunks, in the order of their position, for rd_store_take_back()
 * @ret_nr_pages: the number of pages
 *
 * No copy uses the pages any more on return. Nobody may grow, shrink or keep the store
 * until rd_store_take_back(); reads and writes are fine.
 *
 * Context: may sleep; allocates nothing.
 */
void rd_store_lend(struct rd_store *store, struct list_head *pages,
		   struct rd_chunk **ret_chunks, unsigned long *ret_nr_pages)
{
	unsigned long nr_chunks = rd_store_own_map(store)->nr_chunks, i;
	struct rd_chunk *chunks = NULL, *chunk;
	unsigned long nr_pages = 0;
	unsigned int slot;

	for (i = nr_chunks; i-- > 0;) {
		spin_lock(&store->lock);
		chunk = rd_store_locked_chunk(store, i);
		if (chunk) {
			rd_store_set_chunk(store, i, NULL);
			WRITE_ONCE(store->nr_pages, store->nr_pages - chunk->nr);
		}
		spin_unlock(&store->lock);
		if (chunk) {
			chunk->next_gone = chunks;
			chunks = chunk;
		}
		cond_resched();
	}
	synchronize_rcu();
	for (chunk = chunks; chunk; chunk = chunk->next_gone) {
		for (slot = 0; slot < RD_CHUNK_PAGES; slot++) {
			void *page = rd_chunk_own_page(chunk, slot);

			if (page)
				list_add_tail(&virt_to_page(page)->lru, pages);
			RCU_INIT_POINTER(chunk->page[slot], NULL);
		}
		nr_pages += chunk->nr;
		chunk->nr = 0;
		cond_resched();
	}
	*ret_chunks = chunks;
	*ret_nr_pages = nr_pages;
}

/**
 * rd_store_take_back() - Undo rd_store_lend(): the store has its pages again, zeroed.
 * @store: the store
 * @pages: the pages
 * @chunks: the empty chunks of rd_store_lend()
 *
 * Data written meanwhile stays. Surplus pages are freed.
 *
 * Context: may sleep; allocates nothing.
 */
void rd_store_take_back(struct rd_store *store, struct list_head *pages,
			struct rd_chunk *chunks)
{
	unsigned long nr_pages = rd_store_own_map(store)->nr_pages, index = 0;
	struct rd_chunk *chunk;
	unsigned int slot, stop;
	struct page *page;

	while ((chunk = chunks)) {
		chunks = chunk->next_gone;
		stop = min_t(unsigned long, RD_CHUNK_PAGES, nr_pages - index);
		for (slot = 0; slot < stop && !list_empty(pages); slot++) {
			page = list_first_entry(pages, struct page, lru);
			list_del(&page->lru);
			clear_page(page_address(page));
			RCU_INIT_POINTER(chunk->page[slot], page_address(page));
			chunk->nr++;
		}
		if (chunk->nr)
			rd_store_merge(store, index >> RD_CHUNK_SHIFT, chunk);
		else
			rd_chunk_free(chunk);
		index += RD_CHUNK_PAGES;
		cond_resched();
	}
}
