/* SPDX-License-Identifier: GPL-2.0-only */
/* A page store. store.c has the rules of locking. */
#ifndef RAPIDDISK_STORE_TYPES_H
#define RAPIDDISK_STORE_TYPES_H

#include <linux/spinlock.h>
#include <linux/types.h>

struct rd_map;

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

#endif
