/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page store: the content of a RAM disk, by byte position. It does not depend on
 * disks and bios, so other users of the pages do not need a bio.
 */
#ifndef RAPIDDISK_STORE_H
#define RAPIDDISK_STORE_H

#include <linux/types.h>

struct rd_progress;
struct rd_store;
struct rd_vec;

/* Largest store. A store allocates 8 bytes in advance for each 2 MiB of its size. */
#define RD_STORE_MAX_BYTES (1ULL << 46)

int rd_store_init(struct rd_store *store, u64 size_bytes, int node);
void rd_store_done(struct rd_store *store, struct rd_progress *progress);

int rd_store_read_page(const struct rd_store *store, unsigned long index, void *to);
int rd_store_write_page(const struct rd_store *store, unsigned long index,
			const void *from);
int rd_store_read(struct rd_store *store, u64 pos, struct rd_vec *to);
int rd_store_write(struct rd_store *store, u64 pos, struct rd_vec *from, gfp_t gfp);

u64 rd_store_used_bytes(const struct rd_store *store);

#endif
