/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page store: the content of a RAM disk, by byte position. It does not depend on
 * disks and bios, so other users of the pages do not need a bio.
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
 * Progress of a long operation, in bytes, for readers without a lock. One writer. A
 * reader loads the two members one after the other, so they may be from different
 * moments.
 */
struct rd_progress {
	u64 done;
	u64 total;
};

struct rd_store {
	/* Readers: RCU. Replaced under @lock. */
	struct rd_map __rcu *map;
	/* Protected by @lock: the larger map that is about to replace @map, or NULL. */
	struct rd_map *next_map;
	/*
	 * Protects the content of the maps and the members below against other writers. A
	 * spinlock, because writes with REQ_NOWAIT take it too. Held for one chunk at
	 * most.
	 */
	spinlock_t lock;
	/* Protected by @lock; read without it for statistics. Pages that hold data. */
	unsigned long nr_pages;
	/* Protected by @lock: the store keeps all of its pages; discards zero them. */
	bool is_kept;
	/* Constant. Preferred node of pages, or NUMA_NO_NODE. */
	int node;
};

/*
 * The memory of the caller in a copy: @left bytes, of which @len are contiguous at @addr.
 * @next and its followers describe the others.
 *
 * It replaces bio_for_each_bvec(), which computes the position of each piece anew. With
 * pieces of one page, that takes as long as everything but the copy itself.
 */
struct rd_vec {
	void *addr;
	size_t len;
	size_t left;
	const struct bio_vec *next;
};

/*
 * Describe @len bytes from byte @skip of @bv on, which continue in the following
 * bio_vecs.
 */
static inline void rd_vec_init(struct rd_vec *vec, const struct bio_vec *bv, size_t skip,
			       size_t len)
{
	vec->addr = page_address(bv->bv_page) + bv->bv_offset + skip;
	vec->len = min_t(size_t, bv->bv_len - skip, len);
	vec->left = len;
	vec->next = bv + 1;
}

/* Skip @len bytes, which must not exceed @vec->len. */
static inline void rd_vec_advance(struct rd_vec *vec, size_t len)
{
	vec->left -= len;
	vec->len -= len;
	if (vec->len || !vec->left)
		vec->addr += len;
	else
		rd_vec_init(vec, vec->next, 0, vec->left);
}

/* Largest store. A store allocates 8 bytes in advance for each 2 MiB of its size. */
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
