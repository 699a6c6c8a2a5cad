/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rapiddisk-cache: a read cache of a block device, in memory.
 *
 * The invariant: a block that a lookup finds holds the content of the source, including
 * all acknowledged writes to the block. A page that a lookup finds is never modified;
 * another page replaces it. tests/model has the rules below as a model, which `make model`
 * explores.
 *
 * The state of a slot (a page and the number of its block) says who owns the slot:
 *
 *   FREE       The index. The slot is in a list of free slots.
 *   FILLING    A read that gets the block from the source. A lookup finds the slot, as a
 *              mark, but nobody copies from it.
 *   WRITING    A write-through. The same holds.
 *   BOUNCE     A read or a write that needs a page for a block that it must not publish. A
 *              lookup does not find the slot.
 *   VALID      The index. The slot is in an eviction queue; anybody finds and reads it.
 *   CANCELLED  The read or write that had the slot in FILLING or WRITING. The block changed
 *              meanwhile; a lookup does not find the slot any more.
 *   RETIRED    The index, or a shrinker. A lookup no longer finds the slot, but readers that
 *              found it before may still copy from it. The slot becomes FREE after an RCU
 *              grace period.
 *
 * Readers look up and copy inside an RCU read section, without a lock or a reference.
 * Everything else happens under rc_index.lock.
 *
 * Writes. A write (or discard) removes all of its blocks from the index when it is
 * submitted: a VALID slot is retired, a FILLING or WRITING one is cancelled. Until the
 * write ends, nobody else may publish these blocks. The write either left its own WRITING
 * slot in the index, or it is tracked: its blocks count in rc_index.writers, or a range in
 * rc_index.ranges contains them. Fills and write-throughs look at the slot, the counter and
 * the ranges of a block before they add the block (rc_tracked_run()). A range is added
 * before its first block is removed, so the lock may be released on the way. The order in
 * which the source executes two concurrent writes to one block is unknown, so neither
 * publishes: the second cancels the slot of the first, and both are tracked, each until
 * its own end. A write publishes before it is acknowledged, and only if it succeeded and
 * its slot was not cancelled.
 *
 * A write-through sends to the source the copy that it publishes. A fill reads from the
 * source into the page that it publishes, and copies the page to the reader first.
 * Applications may therefore modify their buffers during I/O.
 *
 * Overlapping reads. The first read that misses a block fills it. Other reads of the
 * block go to the source by themselves and do not touch the fill. No read or write waits
 * for the cache.
 *
 * Errors. The caller gets the status that the source returned, and the slots involved are
 * retired. A fill reads whole blocks. If a fill fails and was larger than the request,
 * the request is sent again in its original form.
 *
 * Without an index (message "bypass on") all I/O passes by. Writes are then counted in
 * rc_cache.untracked; a new index publishes nothing until these writes have ended. A lookup
 * that found the old index may return content from before these writes: its read began
 * before them.
 *
 * Suspend. Device-mapper drains all bios; then the cache drops its content, because
 * others may modify the source until resume. VALID slots become FREE at once, and keep
 * their pages. A reload creates a new cache, which begins empty.
 *
 * Memory. I/O that does not get memory at once passes by, so nothing here blocks or fails
 * for lack of memory, and .map never sleeps for a bio with REQ_NOWAIT. The shrinker waits
 * for the grace period itself: memory that it reports as freed is free. The cache then
 * recycles the pages that it has, and takes no new ones for a second.
 */
#ifndef RAPIDDISK_CACHE_TYPES_H
#define RAPIDDISK_CACHE_TYPES_H

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

/* The cache works in blocks of one page. */
#define RC_BLOCK_SHIFT	 PAGE_SHIFT
#define RC_BLOCK_SIZE	 (1UL << RC_BLOCK_SHIFT)
#define RC_BLOCK_SECTORS (RC_BLOCK_SIZE >> SECTOR_SHIFT)

/*
 * Largest read or write, in blocks, that goes through the cache at once. A larger one is
 * cut.
 */
#define RC_IO_BLOCKS 512

/* Smallest cache. Blocks would leave a smaller one before the next read hits them. */
#define RC_MIN_BLOCKS 16

enum rc_mode { RC_WRITE_THROUGH, RC_WRITE_AROUND };

/* Counters. rc_values in stats.c computes the values in sysfs from them. */
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
	/* NULL while bypassed. Readers: RCU. Replaced under @mutex. */
	struct rc_index __rcu *index;
	struct dm_dev *source;
	struct rc_stats __percpu *stats;
	u64 size_bytes;
	enum rc_mode mode;
	/* Length in sectors from which on a sequential stream passes by. 0: no limit. */
	u32 stream_limit;

	struct dm_target *ti;
	struct dm_dev *ramdisk;
	struct rapiddisk_loan *loan;
	struct workqueue_struct *workqueue;
	/*
	 * Serialises messages and suspend. Protects @index, @limit_blocks and @nr_args.
	 */
	struct mutex mutex;
	u32 limit_blocks;
	/* Number of arguments of the constructor. The table line prints as many. */
	unsigned int nr_args;
	bool has_features;
	bool has_stream_limit;
	/* Writes in flight that no index tracks. */
	atomic_t untracked;
	/* Woken when @untracked or rc_index.nr_inflight becomes 0. */
	wait_queue_head_t wait;
	/* Protected by rc_caches_lock in shrink.c. */
	struct list_head list;
	/* Protected by rc_claims_lock in claim.c. */
	struct list_head claim;
	/* Protected by rc_stats_lock in stats.c. NULL without a directory in sysfs. */
	struct rc_stats_dir *dir;
};

static inline void rc_count(struct rc_cache *cache, enum rc_stat stat, u64 nr)
{
	this_cpu_add(cache->stats->count[stat], nr);
}

#endif
