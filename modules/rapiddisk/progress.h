/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress of a long operation. */
#ifndef RAPIDDISK_PROGRESS_H
#define RAPIDDISK_PROGRESS_H

#include <linux/compiler.h>
#include <linux/types.h>

/*
 * In bytes, for readers without a lock. One writer. A reader loads the two members one
 * after the other, so they may be from different moments.
 */
struct rd_progress {
	u64 done;
	u64 total;
};

/* Count @bytes. A NULL @progress is fine. */
static inline void rd_progress_add(struct rd_progress *progress, u64 bytes)
{
	if (progress)
		WRITE_ONCE(progress->done, progress->done + bytes);
}

#endif
