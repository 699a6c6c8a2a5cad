/* SPDX-License-Identifier: GPL-2.0-only */
/* Zero and discard parts of a page store. */
#ifndef RAPIDDISK_DISCARD_H
#define RAPIDDISK_DISCARD_H

#include <linux/types.h>

struct rd_store;

int rd_store_zero(struct rd_store *store, u64 pos, u64 len);
int rd_store_discard(struct rd_store *store, u64 pos, u64 len);

#endif
