/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page store: what a RAM disk holds, by byte position. It knows nothing of disks and
 * bios, so that whoever wants the pages (the block driver now) gets them without a bio.
 */
#ifndef RAPIDDISK_STORE_H
#define RAPIDDISK_STORE_H

#include <linux/bvec.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct list_head;
struct rd_chunk;
struct rd_map;

/*
 * How far a long operation is, for a reader that takes no lock. Both in bytes. One
 * writer; the two are read one after the other, so a reader may see them from different
 * moments.
 */
struct rd_progress {
	u64 done;
	u64 total;
};

struct rd_store {
	/* Readers: RCU. Replaced under @lock. */
	struct rd_map __rcu *map;
	/*
	 * Under @lock: the larger map that is being filled to take over from @map, or
	 * NULL.
	 */
	struct rd_map *next_map;
	/*
	 * Guards the maps' contents and the members below against other writers. A
	 * spinlock, because a write that must not wait takes it too; held for one chunk
	 * at most.
	 */
	spinlock_t lock;
	/* Under @lock; read without it for statistics. Pages that hold data. */
	unsigned long nr_pages;
	/* Under @lock: no page may go but with its place, discards zero in place. */
	bool is_kept;
	/* Set once. Where pages are wanted, or NUMA_NO_NODE. */
	int node;
};

/*
 * The caller's side of a copy: @left bytes of memory, of which @len lie together at
 * @addr, and the others where @next and its followers say.
 *
 * It replaces bio_for_each_bvec(), which works out afresh for each piece where it is:
 * with pieces of one page, that takes as long as all else but the copy itself.
 */
struct rd_vec {
	void *addr;
	size_t len;
	size_t left;
	const struct bio_vec *next;
};

/* @len bytes of @bv, from its byte @skip on, and of those behind it. */
static inline void rd_vec_init(struct rd_vec *vec, const struct bio_vec *bv, size_t skip,
			       size_t len)
{
	vec->addr = page_address(bv->bv_page) + bv->bv_offset + skip;
	vec->len = min_t(size_t, bv->bv_len - skip, len);
	vec->left = len;
	vec->next = bv + 1;
}

static inline void rd_vec_advance(struct rd_vec *vec, size_t len)
{
	vec->left -= len;
	vec->len -= len;
	if (vec->len || !vec->left)
		vec->addr += len;
	else
		rd_vec_init(vec, vec->next, 0, vec->left);
}

/* Largest store. What it costs in advance is 8 bytes for each 2 MiB of it. */
#define RD_STORE_MAX_BYTES (1ULL << 46)

int rd_store_cache_create(void);
void rd_store_cache_destroy(void);

int rd_store_init(struct rd_store *store, u64 size_bytes, int node);
void rd_store_done(struct rd_store *store, struct rd_progress *progress);

int rd_store_read_page(const struct rd_store *store, unsigned long index, void *to);
int rd_store_write_page(const struct rd_store *store, unsigned long index,
			const void *from);
int rd_store_read(struct rd_store *store, u64 pos, struct rd_vec *to);
int rd_store_write(struct rd_store *store, u64 pos, struct rd_vec *from, gfp_t gfp);
int rd_store_zero(struct rd_store *store, u64 pos, u64 len);
int rd_store_discard(struct rd_store *store, u64 pos, u64 len);

int rd_store_grow(struct rd_store *store, u64 size_bytes);
void rd_store_shrink(struct rd_store *store, u64 size_bytes,
		     struct rd_progress *progress);
int rd_store_keep(struct rd_store *store, struct rd_progress *progress);
void rd_store_unkeep(struct rd_store *store);

void rd_store_lend(struct rd_store *store, struct list_head *pages,
		   struct rd_chunk **ret_chunks);
void rd_store_take_back(struct rd_store *store, struct list_head *pages,
			struct rd_chunk *chunks);

u64 rd_store_used_bytes(const struct rd_store *store);

#endif
