// SPDX-License-Identifier: GPL-2.0-only
/* The page store: zero and discard. store.c has the rules of locking. */
#include <linux/mm.h>

#include "discard.h"
#include "map.h"

/* A discard of no more chunks than this does not wait until they are free. */
#define RD_RETIRE_LATER 32

/* Zero @len bytes of @chunk. Context: RCU read section. */
static void rd_chunk_zero(const struct rd_chunk *chunk, u64 pos, u64 len)
{
	u64 end = pos + len;

	while (pos < end) {
		size_t part = min_t(u64, end - pos, PAGE_SIZE - offset_in_page(pos));
		void *page = rd_chunk_page(chunk, rd_slot(pos));

		if (page)
			memset(page + offset_in_page(pos), 0, part);
		pos += part;
	}
}

/**
 * rd_store_zero() - Zero the pages of a range, and keep pages and holes.
 * @store: the store
 * @pos: position in bytes
 * @len: length in bytes
 *
 * Context: may sleep.
 * Return: 0; -EIO beyond the end.
 */
int rd_store_zero(struct rd_store *store, u64 pos, u64 len)
{
	while (len) {
		u64 part = rd_chunk_part(pos, len);
		const struct rd_chunk *chunk;

		rcu_read_lock();
		chunk = rd_store_chunk(store, pos, part);
		if (!IS_ERR_OR_NULL(chunk))
			rd_chunk_zero(chunk, pos, part);
		rcu_read_unlock();
		if (IS_ERR(chunk))
			return PTR_ERR(chunk);
		pos += part;
		len -= part;
		cond_resched();
	}
	return 0;
}

/* Move the pages of @nr slots from @chunk to @to, which has no other user. */
static void rd_chunk_move(struct rd_chunk *chunk, struct rd_chunk *to, unsigned int first,
			  unsigned int nr)
{
	unsigned int slot;

	for (slot = first; slot < first + nr; slot++) {
		void *page = rd_chunk_own_page(chunk, slot);

		if (!page)
			continue;
		RCU_INIT_POINTER(to->page[slot], page);
		RCU_INIT_POINTER(chunk->page[slot], NULL);
		chunk->nr--;
		to->nr++;
	}
}

/*
 * Remove @nr pages from page @index on, all in one chunk.
 *
 * Return: a chunk with the pages, to be freed after a grace period; NULL if no page
 * exists; ERR_PTR() if the pages have to be zeroed in place instead.
 */
static struct rd_chunk *rd_store_take(struct rd_store *store, unsigned long index,
				      unsigned int nr)
{
	unsigned int first = index & RD_CHUNK_MASK, count;
	struct rd_chunk *spare, *chunk, *taken = NULL;
	bool has_chunk;

	if (rd_store_hole(store, index, nr, &has_chunk) == nr)
		return NULL;
	spare = rd_chunk_alloc(GFP_NOIO | __GFP_NOWARN | __GFP_NOMEMALLOC |
			       __GFP_NORETRY);

	spin_lock(&store->lock);
	chunk = rd_store_locked_chunk(store, index >> RD_CHUNK_SHIFT);
	count = chunk ? rd_chunk_count(chunk, first, nr) : 0;
	if (store->is_kept) {
		taken = ERR_PTR(-EPERM);
	} else if (chunk && count == chunk->nr) {
		rd_store_set_chunk(store, index >> RD_CHUNK_SHIFT, NULL);
		taken = chunk;
	} else if (count && spare) {
		rd_chunk_move(chunk, spare, first, nr);
		swap(taken, spare);
	} else if (count) {
		taken = ERR_PTR(-ENOMEM);
	}
	if (!IS_ERR_OR_NULL(taken))
		WRITE_ONCE(store->nr_pages, store->nr_pages - count);
	spin_unlock(&store->lock);

	rd_chunk_free(spare);
	return taken;
}

/*
 * Free the chunks of a discard after a grace period. A small discard does not wait. A
 * large one waits, so that its memory cannot pile up, and is free when the discard ends.
 */
static void rd_chunks_retire(struct rd_chunk *gone, unsigned int nr)
{
	struct rd_chunk *next;

	if (nr > RD_RETIRE_LATER)
		synchronize_rcu();
	for (; gone; gone = next) {
		next = gone->next_gone;
		if (nr > RD_RETIRE_LATER) {
			rd_chunk_free(gone);
			cond_resched();
		} else {
			rd_chunk_retire(gone);
		}
	}
}

/**
 * rd_store_discard() - Free the pages of a range, which reads as zeroes afterwards.
 * @store: the store
 * @pos: position in bytes
 * @len: length in bytes
 *
 * Pages that are only partly in the range are zeroed in place. So is the whole range in a
 * store that keeps its pages, or if no memory is left to move pages out of a chunk.
 *
 * Context: may sleep.
 * Return: 0; -EIO beyond the end.
 */
int rd_store_discard(struct rd_store *store, u64 pos, u64 len)
{
	u64 end = pos + len, first = round_up(pos, PAGE_SIZE),
	    last = round_down(end, PAGE_SIZE);
	struct rd_chunk *gone = NULL, *taken;
	unsigned int nr_gone = 0;
	int err = 0, edge_err;
	u64 part;

	if (first >= last)
		return rd_store_zero(store, pos, len);
	for (; first < last && !err; first += part) {
		part = rd_chunk_part(first, last - first);
		taken = rd_store_take(store, first >> PAGE_SHIFT, part >> PAGE_SHIFT);
		if (IS_ERR(taken)) {
			err = rd_store_zero(store, first, part);
		} else if (taken) {
			taken->next_gone = gone;
			gone = taken;
			nr_gone++;
		}
		cond_resched();
	}
	rd_chunks_retire(gone, nr_gone);

	edge_err = rd_store_zero(store, pos, round_up(pos, PAGE_SIZE) - pos);
	err = err ? err : edge_err;
	edge_err = rd_store_zero(store, last, end - last);
	return err ? err : edge_err;
}
