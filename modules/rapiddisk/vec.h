/* SPDX-License-Identifier: GPL-2.0-only */
/* A cursor in the memory of a bio. */
#ifndef RAPIDDISK_VEC_H
#define RAPIDDISK_VEC_H

#include <linux/bvec.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

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

#endif
