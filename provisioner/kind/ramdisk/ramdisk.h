/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM disks, shared by the files of the kind. */
#pragma once

#include "kind/kind.h"
#include "model/class.h"

#include <stdbool.h>
#include <stdint.h>

/* The owner of owned RAM disks in the kernel. */
#define RAMDISK_OWNER_TAG "rapiddisk-apply"

struct ramdisk {
	struct obj obj;
	char *name;
	struct size size;
	bool read_only;
	bool preallocate;
	uint64_t numa_node;
	int on_change;
	struct size used;
	uint64_t openers;
	/*
	 * Observed: nothing was ever written to it, though all of its memory is taken.
	 * False where that cannot be known.
	 */
	bool unwritten;
};

enum {
	RAMDISK_NAME,
	RAMDISK_SIZE,
	RAMDISK_READ_ONLY,
	RAMDISK_PREALLOCATE,
	RAMDISK_NUMA_NODE,
	RAMDISK_ON_CHANGE,
	RAMDISK_USED,
	RAMDISK_OPENERS,
};

static inline const struct ramdisk *ramdisk_of(const struct obj *obj)
{
	return (const struct ramdisk *)obj;
}

extern const struct kind kind_ramdisk;

/* The functions of kind_ramdisk; see kind.h. */
int ramdisk_observe(struct sys *sys, struct model *observed);
int ramdisk_create(struct sys *sys, const struct obj *want, struct buf *why);
int ramdisk_update(struct sys *sys, const struct obj *have, const struct obj *want,
		   uint64_t changed, struct buf *why);
int ramdisk_remove(struct sys *sys, const struct obj *have, struct buf *why);
int ramdisk_adopt(struct sys *sys, const struct obj *have, struct buf *why);
int ramdisk_progress(struct sys *sys, uint64_t *ret_done, uint64_t *ret_total);
int ramdisk_judge(struct plan_step *step);
bool ramdisk_may_lose(const struct obj *want);
uint64_t ramdisk_memory(const struct obj *obj);
