// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page store: a flat array of chunks (2 MiB with 4 KiB pages), a chunk being a table
 * of pages. A lookup is three loads and no loop, at any size.
 *
 * Memory. Every page is allocated, or split off, as one of order 0, so each can be given
 * back alone and what is held is known exactly. Where a whole run is wanted at once (a
 * long write, preallocation) it is taken from the allocator in blocks as large as can be
 * had, up to 2 MiB, and split by split_page(): one call for many pages, and they lie
 * together. Pages are zeroed before anyone can find them.
 *
 * Who may do what. Copies run inside an RCU read section and take neither locks nor
 * references. What a map or a chunk points to is changed under rd_store.lock, and what
 * was removed is freed a grace period later. A copy that meets the removal of its page
 * therefore reads old data, or writes to a page that is about to go, which is what
 * overlapping requests to any disk may do; it never touches memory of others.
 *
 * Growing, shrinking and keeping exclude each other: their callers see to that.
 */
#include <linux/log2.h>
#include <linux/mm.h>

#include "chunk.h"

/* Nothing but holes; reads find it where there is no chunk. */
static const struct rd_chunk rd_chunk_of_holes;

/* Put @chunk (or NULL) in its place, also in the map that is being filled. */
void rd_store_set_chunk(struct rd_store *store, unsigned long nr, struct rd_chunk *chunk)
{
	lockdep_assert_held(&store->lock);
	rcu_assign_pointer(rd_store_own_map(store)->chunk[nr], chunk);
	if (store->next_map)
		rcu_assign_pointer(store->next_map->chunk[nr], chunk);
}

/*
 * rd_store_init() - An empty store.
 * @store: to be undone with rd_store_done(), also after a failure
 * @size_bytes: 1 to RD_STORE_MAX_BYTES
 * @node: where pages are wanted, or NUMA_NO_NODE
 *
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

/*
 * rd_store_done() - Free all that a store holds.
 *
 * Context: may sleep. Nobody else may use the store any more. Half-built stores are fine.
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

/*
 * rd_store_read_page() - Copy out a whole page to a whole page, the most frequent
 * request.
 *
 * Context: any but hard interrupts; does not sleep. Return: 0, or -EIO beyond the end.
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

/*
 * rd_store_write_page() - Copy in a whole page from a whole page.
 *
 * Context: does not sleep. Return: 0, or -ENOENT where there is no page to copy to, which
 * is work for rd_store_write().
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

/* One page of the store and one of memory; copy_page() costs less than memcpy() does. */
static __always_inline void rd_copy_page(void *page, void *addr, const bool is_write)
{
	if (is_write)
		copy_page(page, addr);
	else if (likely(page))
		copy_page(addr, page);
	else
		clear_page(addr);
}

/* Whether a piece of memory is whole pages, and so is the store from @pos on. */
static inline bool rd_is_pages(const void *addr, size_t len, u64 pos)
{
	return PAGE_ALIGNED((unsigned long)addr | len | pos);
}

/*
 * Copy whole pages between @vec, which comes back advanced, and @chunk from @slot on: @nr
 * of them, or up to where a piece of memory is not whole pages, or a write meets a hole.
 *
 * Memory in pieces of one page is what applications have. This loop then is nearly all
 * that a large request costs besides the copies, so it does no more than it must.
 *
 * Context: @vec starts with whole pages, and @nr is not 0. Return: pages copied.
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

/*
 * Copy @len bytes of one page; nothing where a write meets a hole. Return: bytes copied.
 */
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
 * Copy @len bytes, all in @chunk, between it and @vec, which comes back advanced; a write
 * ends at a hole. Return: bytes copied.
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
 * rd_store_read() - Copy out; what was never written reads as zeroes.
 *
 * Context: any but hard interrupts; does not sleep. Return: 0, or -EIO beyond the end.
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
	}
	return 0;
}

/*
 * Copy in @len bytes, which end in the chunk of @pos, up to the first hole.
 *
 * Context: does not sleep. Return: bytes copied, or -EIO beyond the end.
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
 * How many of the @max pages from @index on, all in one chunk, are holes before the first
 * that is none. *ret_has_chunk says whether there is a table to put them in.
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

/*
 * Make the @nr pages that lie together at @block the store's pages from @index on, all in
 * one chunk. Where another writer was faster, his page stays and ours is freed. @spare is
 * the table for them if there is none yet; it is used or freed, and may be NULL.
 *
 * Return: 0, which promises no page: the chunk may have gone; or -EIO beyond the end.
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

/*
 * Fill the hole at @pos, as far as it reaches within @len bytes, which end in its chunk.
 */
static int rd_store_fill(struct rd_store *store, u64 pos, size_t len, gfp_t gfp)
{
	/* A large block is worth no more than a look: the write can go on without it. */
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

/*
 * rd_store_write() - Copy in, making the pages that are not there yet.
 * @gfp: how to get them; without __GFP_DIRECT_RECLAIM this does not sleep
 *
 * Return: 0, -ENOMEM, or -EIO beyond the end. A part may have been written all the same.
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
		if (likely(done == part))
			continue;
		err = rd_store_fill(store, pos, part - done, gfp);
		if (err)
			return err;
	}
	return 0;
}

/* What the data takes, exact at any moment at which nobody writes or discards. */
u64 rd_store_used_bytes(const struct rd_store *store)
{
	return (u64)READ_ONCE(store->nr_pages) << PAGE_SHIFT;
}
