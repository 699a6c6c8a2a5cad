/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rapiddisk-cache: a read cache of a block device in memory.
 *
 * The invariant: a block that can be found holds what the source holds, as far as writes
 * to it have been acknowledged. A page that can be found is never changed; it is
 * replaced.
 *
 * Who owns a slot (a page and what it is of), by its state:
 *
 *   FREE       the index, in one of its free lists.
 *   FILLING    a read that gets the block from the source; it can be found, as a mark
 *              that somebody fills it, but not be read.
 *   WRITING    a write through; the same.
 *   BOUNCE     a read or a write that needs a page for a block it must not publish. It
 *              cannot be found.
 *   VALID      the index; found and read by anyone, in an eviction queue.
 *   CANCELLED  the read or write that had it FILLING or WRITING. It cannot be found any
 *              more: something else happened to the block.
 *   RETIRED    the index, or a shrinker; it could be found until a moment ago, and readers
 *              may still be at it. FREE after an RCU grace period.
 *
 * Readers look up and copy inside an RCU read section and take no lock and no reference.
 * Everything else happens under rc_index.lock.
 *
 * Writes. When a write (or discard) is submitted it takes all blocks it touches out of
 * the index: a VALID one is retired, a FILLING or WRITING one cancelled. While it is
 * under way nothing else may publish these blocks: it either left its own WRITING slot
 * there, or counts in rc_index.writers (or in nr_wide, if it is large), which those ask
 * that would begin to fill or write through. Of two writes at once to one block nobody
 * knows the order in which the source does them, so none of them publishes: the second
 * cancels the first's slot, and both count. A write publishes, before it is acknowledged,
 * only if it succeeded and its slot was not cancelled. A write through sends to the
 * source the copy that it will publish, and a fill publishes what it read before it
 * copies it to the reader's memory: what applications do with their buffers meanwhile
 * does not matter.
 *
 * Overlapping reads. The first to miss a block fills it; others that come meanwhile read
 * the source by themselves and leave the fill alone. Nobody ever waits for the cache.
 *
 * Errors are the source's, and go to who asked with the status they came with; the slots
 * involved are retired. A fill reads whole blocks; where it fails and was larger than the
 * request, the request is sent again as it was.
 *
 * Without an index (message "bypass on") everything passes by. Writes are counted then
 * (rc_cache.untracked): an index that comes back publishes nothing until they have ended.
 *
 * Suspend: device-mapper drains all bios, then the content is dropped: the source may be
 * changed by others until resume. A reload is a new cache, which begins empty.
 *
 * Memory. Whatever does not get memory at once passes by: only then can nothing here
 * block or fail. So .map never sleeps for a bio that must not wait. What the shrinker says
 * it has freed is free: it waits for the grace period itself.
 */
#ifndef RAPIDDISK_CACHE_H
#define RAPIDDISK_CACHE_H

#include <linux/atomic.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/device-mapper.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct rapiddisk_loan;

/* A block is a page. */
#define RC_BLOCK_SHIFT	 PAGE_SHIFT
#define RC_BLOCK_SIZE	 (1UL << RC_BLOCK_SHIFT)
#define RC_BLOCK_SECTORS (RC_BLOCK_SIZE >> SECTOR_SHIFT)

/* Blocks that one read or write takes through the cache at once; larger ones are cut. */
#define RC_IO_BLOCKS 512

/* Smallest cache: with less, nothing would stay long enough to be hit. */
#define RC_MIN_BLOCKS 16

enum rc_mode { RC_WRITE_THROUGH, RC_WRITE_AROUND };

/* Counters. The values that are shown come from them by rc_values in stats.c. */
enum rc_stat {
	RC_STAT_READS_PASSED,
	RC_STAT_WRITES,
	RC_STAT_HITS,
	RC_STAT_MISSES,
	RC_STAT_PARTIAL_HITS,
	RC_STAT_REPLACEMENT,
	RC_STAT_WRITE_REPLACEMENT,
	RC_STAT_READ_INVALIDATES,
	RC_STAT_WRITE_INVALIDATES,
	RC_STAT_UNCACHED_READS,
	RC_STAT_UNCACHED_WRITES,
	RC_STAT_CACHE_READS,
	RC_STAT_CACHE_WRITES,
	RC_STAT_FILLS,
	RC_STAT_BYPASSED,
	RC_STAT_SOURCE_ERRORS,
	RC_STAT_FLUSHES,
	RC_STAT_SHRUNK,
	RC_NR_STATS,
};

struct rc_stats {
	u64 count[RC_NR_STATS];
};

struct rc_cache {
	/* NULL: bypassed. Replaced under @mutex. */
	struct rc_index __rcu *index;
	struct dm_dev *source;
	struct rc_stats __percpu *stats;
	u64 size_bytes;
	enum rc_mode mode;
	/*
	 * Sectors of a sequential stream after which it is not cached any more; 0: never.
	 */
	u32 stream_limit;

	struct dm_target *ti;
	struct dm_dev *ramdisk;
	struct rapiddisk_loan *loan;
	struct workqueue_struct *workqueue;
	/* Guards @index and @limit_blocks against other messages, suspend and resume. */
	struct mutex mutex;
	u32 limit_blocks;
	/* How many arguments the constructor had, so that the table says no more. */
	unsigned int nr_args;
	bool has_features;
	bool has_stream_limit;
	/* Writes under way that no index knows of. */
	atomic_t untracked;
	wait_queue_head_t wait;
	/* Under the lock of the list in shrink.c. */
	struct list_head list;
	/* Under the lock in stats.c; NULL while there is none. */
	struct rc_stats_dir *dir;
};

/* In cache.c: with and without an index. */
void rc_cache_close(struct rc_cache *cache);
void rc_cache_drop(struct rc_cache *cache);
int rc_cache_bypass(struct rc_cache *cache, const char *arg);
int rc_cache_resize(struct rc_cache *cache, const char *arg);

/* In stats.c: the counters. */
int rc_stats_init(void);
void rc_stats_exit(void);
void rc_stats_reset(struct rc_cache *cache);
unsigned int rc_stats_emit(struct rc_cache *cache, char *result, unsigned int maxlen);
void rc_stats_show(struct rc_cache *cache);
void rc_stats_hide(struct rc_cache *cache);

static inline void rc_count(struct rc_cache *cache, enum rc_stat stat, u64 nr)
{
	this_cpu_add(cache->stats->count[stat], nr);
}

#endif
