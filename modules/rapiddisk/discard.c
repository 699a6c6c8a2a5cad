// SPDX-License-Identifier: GPL-2.0-only
/* The page store: zeroing and discarding. The rules are in store.c. */
#include <linux/mm.h>

#include "chunk.h"

/* Discards that take no more chunks than this leave freeing to call_rcu(). */
#define RD_RETIRE_LATER 32

/* Context: RCU read section. @len bytes, all in @chunk. */
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

/*
 * rd_store_zero() - Write zeroes to what is there, and leave holes and pages as they are.
 *
 * Context: may sleep. Return: 0, or -EIO beyond the end.
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

/* Move @nr slots from @first on out of @chunk to @to, which is nobody else's. */
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
 * Take @nr pages from @index on, all in one chunk, out of the store.
 *
 * Return: a chunk that has them, to be freed a grace period later; NULL where there were
 * none; ERR_PTR() where they have to be zeroed in place instead.
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
 * Free the chunks of a discard once no copy can be using them. A small one does not wait
 * for that; a large one does, so that what it frees cannot pile up, and so that the
 * memory is back when the discard ends.
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
			call_rcu_hurry(&gone->rcu, rd_chunk_free_rcu);
		}
	}
}

/*
 * rd_store_discard() - Give back the pages of a range; it reads as zeroes from then on.
 *
 * Parts of pages are zeroed in place, and so is all of it in a store that is kept, or
 * where there is no memory to note down what goes.
 *
 * Context: may sleep. Return: 0, or -EIO beyond the end.
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
