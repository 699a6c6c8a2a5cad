// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page store: a flat array of chunks. A chunk is a table of pages, 2 MiB with pages
 * of 4 KiB. A lookup is three loads without a loop, at any size.
 *
 * Memory. Every page is allocated, or split off, as a page of order 0. So each can be
 * freed alone, and the memory in use is known exactly. A whole run (a long write,
 * preallocation) is allocated in blocks as large as available, up to 2 MiB, and split by
 * split_page(): one call for many contiguous pages. Pages are zeroed before anybody can
 * find them.
 *
 * Locking. Copies run inside an RCU read section, without locks or references.
 * rd_store.lock protects the pointers in maps and chunks against other writers. Removed
 * memory is freed after a grace period. A copy that races with the removal of its page
 * therefore reads old data, or writes to a page that is about to be freed, as overlapping
 * requests to any disk may. It never touches memory of others.
 *
 * The callers serialise growing, shrinking and keeping.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "map.h"
#include "progress.h"
#include "store.h"
#include "vec.h"

/* Reads use this chunk of holes if the map has no chunk. */
static const struct rd_chunk rd_chunk_of_holes;

/**
 * rd_store_init() - Initialise an empty store.
 * @store: the store, to be freed with rd_store_done() even after a failure
 * @size_bytes: 1 to RD_STORE_MAX_BYTES
 * @node: preferred node of pages, or NUMA_NO_NODE
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int rd_store_init(struct rd_store *store, u64 size_bytes, int node)
{
	struct rd_map *map = rd_map_alloc(rd_bytes_to_pages(size_bytes));

	memset(store, 0, sizeof(*store));
	spin_lock_init(&store->lock);
	store->node = node;
	RCU_INIT_POINTER(store->map, map);
	return map ? 0 : -ENOMEM;
}

/**
 * rd_store_done() - Free the content of a store.
 * @store: a store without other users; a half-built one is fine
 * @progress: progress for readers, or NULL
 *
 * Context: may sleep.
 */
void rd_store_done(struct rd_store *store, struct rd_progress *progress)
{
	struct rd_map *map = rd_store_own_map(store);
	struct rd_chunk *chunk;
	unsigned long i;

	for (i = 0; map && i < map->nr_chunks; i++) {
		chunk = rcu_dereference_protected(map->chunk[i], true);
		if (chunk) {
			rd_progress_add(progress, (u64)chunk->nr << PAGE_SHIFT);
			rd_chunk_free(chunk);
		}
		cond_resched();
	}
	kvfree(map);
	RCU_INIT_POINTER(store->map, NULL);
}

/**
 * rd_store_read_page() - Copy a whole page out, which is the most frequent request.
 * @store: the store
 * @index: number of the page
 * @to: a page
 *
 * Context: any but hard interrupts; does not sleep.
 * Return: 0; -EIO beyond the end.
 */
int rd_store_read_page(const struct rd_store *store, unsigned long index, void *to)
{
	const struct rd_chunk *chunk;
	const struct rd_map *map;
	void *page = NULL;

	rcu_read_lock();
	map = rcu_dereference(store->map);
	if (unlikely(index >= READ_ONCE(map->nr_pages))) {
		rcu_read_unlock();
		return -EIO;
	}
	chunk = rcu_dereference(map->chunk[index >> RD_CHUNK_SHIFT]);
	if (chunk)
		page = rd_chunk_page(chunk, index & RD_CHUNK_MASK);
	if (page)
		copy_page(to, page);
	else
		clear_page(to);
	rcu_read_unlock();
	return 0;
}

/**
 * rd_store_write_page() - Copy a whole page in.
 * @store: the store
 * @index: number of the page
 * @from: a page
 *
 * Context: does not sleep.
 * Return: 0; -ENOENT if the store has no page there, which rd_store_write() allocates.
 */
int rd_store_write_page(const struct rd_store *store, unsigned long index,
			const void *from)
{
	const struct rd_chunk *chunk;
	const struct rd_map *map;
	void *page = NULL;

	rcu_read_lock();
	map = rcu_dereference(store->map);
	if (likely(index < READ_ONCE(map->nr_pages))) {
		chunk = rcu_dereference(map->chunk[index >> RD_CHUNK_SHIFT]);
		if (chunk)
			page = rd_chunk_page(chunk, index & RD_CHUNK_MASK);
		if (page)
			copy_page(page, (void *)from);
	}
	rcu_read_unlock();
	return page ? 0 : -ENOENT;
}

/*
 * Copy between a page of the store and a page of memory. copy_page() is faster than
 * memcpy().
 */
static __always_inline void rd_copy_page(void *page, void *addr, const bool is_write)
{
	if (is_write)
		copy_page(page, addr);
	else if (likely(page))
		copy_page(addr, page);
	else
		clear_page(addr);
}

/* True if a piece of memory consists of whole pages, and @pos begins one. */
static inline bool rd_is_pages(const void *addr, size_t len, u64 pos)
{
	return PAGE_ALIGNED((unsigned long)addr | len | pos);
}

/*
 * Copy @nr whole pages between @vec and @chunk, from @slot on, and advance @vec. Stop at
 * a piece of memory that is not whole pages, and in a write at a hole.
 *
 * Applications have memory in pieces of one page. Apart from the copies, this loop is
 * then nearly the whole cost of a large request, so it does no more than necessary.
 *
 * Context: RCU read section. @vec starts with whole pages; @nr is not 0.
 * Return: the number of pages copied.
 */
static __always_inline unsigned int rd_copy_pages(const struct rd_chunk *chunk,
						  unsigned int slot, unsigned int nr,
						  struct rd_vec *vec, const bool is_write)
{
	void __rcu *const *place = &chunk->page[slot], *const *end = place + nr;
	const struct bio_vec *next = vec->next;
	void *addr = vec->addr;
	size_t len = vec->len;

	for (;;) {
		void *page = rcu_dereference(*place);

		if (is_write && !page)
			break;
		rd_copy_page(page, addr, is_write);
		addr += PAGE_SIZE;
		len -= PAGE_SIZE;
		if (++place == end)
			break;
		if (len)
			continue;
		addr = page_address(next->bv_page) + next->bv_offset;
		len = next->bv_len;
		next++;
		if (!rd_is_pages(addr, len, 0))
			break;
	}
	nr -= end - place;
	vec->left -= (size_t)nr << PAGE_SHIFT;
	vec->addr = addr;
	vec->len = min(len, vec->left);
	vec->next = next;
	if (!len && vec->left)
		rd_vec_init(vec, next, 0, vec->left);
	return nr;
}

/* Copy @len bytes of one page. Return: @len; 0 if a write meets a hole. */
static __always_inline size_t rd_copy_part(const struct rd_chunk *chunk, u64 pos,
					   void *addr, size_t len, const bool is_write)
{
	void *page = rd_chunk_page(chunk, rd_slot(pos));

	if (is_write && !page)
		return 0;
	if (is_write)
		memcpy(page + offset_in_page(pos), addr, len);
	else if (page)
		memcpy(addr, page + offset_in_page(pos), len);
	else
		memset(addr, 0, len);
	return len;
}

/*
 * Copy @len bytes between @chunk and @vec, and advance @vec. A write stops at a hole.
 *
 * Return: the number of bytes copied.
 */
static __always_inline size_t rd_chunk_copy(const struct rd_chunk *chunk, u64 pos,
					    size_t len, struct rd_vec *vec,
					    const bool is_write)
{
	u64 start = pos, end = pos + len;
	size_t copied;

	while (pos < end) {
		len = min_t(size_t, end - pos, vec->len);
		if (len >= PAGE_SIZE && rd_is_pages(vec->addr, vec->len, pos)) {
			copied = rd_copy_pages(chunk, rd_slot(pos),
					       (end - pos) >> PAGE_SHIFT, vec, is_write);
			copied <<= PAGE_SHIFT;
		} else {
			len = min_t(size_t, len, PAGE_SIZE - offset_in_page(pos));
			copied = rd_copy_part(chunk, pos, vec->addr, len, is_write);
			rd_vec_advance(vec, copied);
		}
		pos += copied;
		if (is_write && !copied)
			break;
	}
	return pos - start;
}

/*
 * Let other tasks run between two chunks of a copy, because a bio can have 512 MiB.
 *
 * REQ_NOWAIT forbids to wait, but not to be scheduled: submit_bio_noacct() calls
 * might_sleep() for each bio.
 */
static inline void rd_copy_pause(const struct rd_vec *rest)
{
	if (unlikely(rest->left))
		cond_resched();
}

/**
 * rd_store_read() - Copy out. Holes read as zeroes.
 * @store: the store
 * @pos: position in bytes
 * @to: memory
 *
 * Context: task; waits for nothing, but can be scheduled.
 * Return: 0; -EIO beyond the end.
 */
int rd_store_read(struct rd_store *store, u64 pos, struct rd_vec *to)
{
	while (to->left) {
		size_t part = rd_chunk_part(pos, to->left);
		const struct rd_chunk *chunk;

		rcu_read_lock();
		chunk = rd_store_chunk(store, pos, part);
		if (IS_ERR(chunk)) {
			rcu_read_unlock();
			return PTR_ERR(chunk);
		}
		rd_chunk_copy(chunk ? chunk : &rd_chunk_of_holes, pos, part, to, false);
		rcu_read_unlock();
		pos += part;
		rd_copy_pause(to);
	}
	return 0;
}

/*
 * Copy in up to the first hole. The range ends in the chunk of @pos.
 *
 * Context: does not sleep.
 * Return: the number of bytes copied; -EIO beyond the end.
 */
static ssize_t rd_store_write_present(struct rd_store *store, u64 pos, size_t len,
				      struct rd_vec *from)
{
	const struct rd_chunk *chunk;
	ssize_t done = 0;

	rcu_read_lock();
	chunk = rd_store_chunk(store, pos, len);
	if (IS_ERR(chunk))
		done = PTR_ERR(chunk);
	else if (chunk)
		done = rd_chunk_copy(chunk, pos, len, from, true);
	rcu_read_unlock();
	return done;
}

/*
 * Insert the @nr contiguous pages at @block, from page @index on, all in one chunk. If
 * another writer inserted a page first, its page stays, and the one of @block is freed.
 * @spare is used if the map has no chunk there, and is freed otherwise; NULL is fine.
 *
 * Return: 0, even if the chunk has been removed since, and with it the pages; -EIO beyond
 * the end.
 */
static int rd_store_insert(struct rd_store *store, unsigned long index, void *block,
			   unsigned int nr, struct rd_chunk *spare)
{
	unsigned int first = index & RD_CHUNK_MASK, i;
	DECLARE_BITMAP(taken, RD_CHUNK_PAGES) = { 0 };
	struct rd_chunk *chunk = NULL;
	bool is_inside;

	spin_lock(&store->lock);
	is_inside = index + nr <= rd_store_own_map(store)->nr_pages;
	if (is_inside)
		chunk = rd_store_locked_chunk(store, index >> RD_CHUNK_SHIFT);
	if (is_inside && !chunk && spare) {
		chunk = spare;
		spare = NULL;
		rd_store_set_chunk(store, index >> RD_CHUNK_SHIFT, chunk);
	}
	for (i = 0; chunk && i < nr; i++) {
		if (rcu_access_pointer(chunk->page[first + i]))
			continue;
		rcu_assign_pointer(chunk->page[first + i], block + i * PAGE_SIZE);
		__set_bit(i, taken);
		chunk->nr++;
		WRITE_ONCE(store->nr_pages, store->nr_pages + 1);
	}
	spin_unlock(&store->lock);

	for_each_clear_bit(i, taken, nr)
		free_page((unsigned long)block + i * PAGE_SIZE);
	rd_chunk_free(spare);
	return is_inside ? 0 : -EIO;
}

/* Allocate pages for the hole at @pos, @len bytes at most, which end in its chunk. */
static int rd_store_fill(struct rd_store *store, u64 pos, size_t len, gfp_t gfp)
{
	/* Only try for a large block: the write works without one. */
	gfp_t large_gfp = (gfp & ~(__GFP_RECLAIM | __GFP_RETRY_MAYFAIL)) | __GFP_NOWARN;
	unsigned long index = pos >> PAGE_SHIFT;
	unsigned int nr = ((pos + len - 1) >> PAGE_SHIFT) - index + 1, order;
	struct rd_chunk *spare = NULL;
	bool has_chunk;
	void *block;

	nr = rd_store_hole(store, index, nr, &has_chunk);
	if (!nr)
		return 0;
	if (!has_chunk) {
		spare = rd_chunk_alloc(gfp);
		if (!spare)
			return -ENOMEM;
	}
	order = ilog2(nr);
	block = rd_block_alloc(store->node, gfp, large_gfp, &order);
	if (!block) {
		rd_chunk_free(spare);
		return -ENOMEM;
	}
	return rd_store_insert(store, index, block, 1U << order, spare);
}

/**
 * rd_store_write() - Copy in, and allocate missing pages.
 * @store: the store
 * @pos: position in bytes
 * @from: memory
 * @gfp: flags for pages
 *
 * Context: task; without __GFP_DIRECT_RECLAIM waits for nothing, but can be scheduled.
 * Return: 0; -ENOMEM; -EIO beyond the end. A part may have been written after an error.
 */
int rd_store_write(struct rd_store *store, u64 pos, struct rd_vec *from, gfp_t gfp)
{
	while (from->left) {
		size_t part = rd_chunk_part(pos, from->left);
		ssize_t done = rd_store_write_present(store, pos, part, from);
		int err;

		if (unlikely(done < 0))
			return done;
		pos += done;
		if (unlikely(done != part)) {
			err = rd_store_fill(store, pos, part - done, gfp);
			if (err)
				return err;
		}
		rd_copy_pause(from);
	}
	return 0;
}

/**
 * rd_store_used_bytes() - Return the memory of the data.
 * @store: the store
 *
 * Return: the size of all pages, exact while nobody writes or discards.
 */
u64 rd_store_used_bytes(const struct rd_store *store)
{
	return (u64)READ_ONCE(store->nr_pages) << PAGE_SHIFT;
}
