/* SPDX-License-Identifier: GPL-2.0-only */
/* The size and the promises of a page store. */
#ifndef RAPIDDISK_PROMISE_H
#define RAPIDDISK_PROMISE_H

#include <linux/types.h>

struct list_head;
struct rd_chunk;
struct rd_progress;
struct rd_store;

int rd_store_grow(struct rd_store *store, u64 size_bytes);
void rd_store_shrink(struct rd_store *store, u64 size_bytes,
		     struct rd_progress *progress);
int rd_store_keep(struct rd_store *store, struct rd_progress *progress);
void rd_store_unkeep(struct rd_store *store);

void rd_store_lend(struct rd_store *store, struct list_head *pages,
		   struct rd_chunk **ret_chunks, unsigned long *ret_nr_pages);
void rd_store_take_back(struct rd_store *store, struct list_head *pages,
			struct rd_chunk *chunks);

#endif
