/* SPDX-License-Identifier: GPL-2.0-only */
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

/* Discards that take no more chunks than this leave freeing to call_rcu(). */
#define RD_RETIRE_LATER 32

/* Nothing but holes; reads find it where there is no chunk. */
static const struct rd_chunk rd_chunk_of_holes;

/* The part of @len bytes from @pos on that lies in one chunk. */
static u64 rd_chunk_part(u64 pos, u64 len)
{
	return min(len, RD_CHUNK_BYTES - (pos & (RD_CHUNK_BYTES - 1)));
}

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

/* --- copies ----------------------------------------------------------------------- */

/*
 * The chunk of @pos, NULL for a hole, for a copy of @len bytes that ends in the same
 * chunk.
 *
 * The block layer has compared the request with the capacity, but before we got it: the
 * disk may have shrunk since.
 *
 * Context: RCU read section. Return: the chunk, NULL or ERR_PTR(-EIO).
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

/* --- making pages ----------------------------------------------------------------- */

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

	for_each_clear_bit(i, taken, nr) free_page((unsigned long)block + i * PAGE_SIZE);
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

/* --- zeroing and discarding ------------------------------------------------------- */

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

/* What the data takes, exact at any moment at which nobody writes or discards. */
u64 rd_store_used_bytes(const struct rd_store *store)
{
	return (u64)READ_ONCE(store->nr_pages) << PAGE_SHIFT;
}
