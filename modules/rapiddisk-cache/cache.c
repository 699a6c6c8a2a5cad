// SPDX-License-Identifier: GPL-2.0-only
/* The cache as a whole: open and close its index, drop its content, change its size. */
#include <linux/rcupdate.h>

#include "args.h"
#include "cache.h"
#include "cache_types.h"
#include "index.h"

/* Return: the index; NULL while bypassed. Context: rc_cache.mutex. */
static struct rc_index *rc_cache_index(struct rc_cache *cache)
{
	return rcu_dereference_protected(cache->index, lockdep_is_held(&cache->mutex));
}

/**
 * rc_cache_close() - Remove and free the index. All I/O passes by afterwards.
 * @cache: the cache; its mutex is held
 *
 * Context: may sleep until the I/O that uses the index has ended.
 */
void rc_cache_close(struct rc_cache *cache)
{
	struct rc_index *index = rc_cache_index(cache);

	if (!index)
		return;
	rcu_assign_pointer(cache->index, NULL);
	synchronize_rcu();
	/* No new I/O uses the index any more. */
	wait_event(cache->wait, rc_index_is_idle(index));
	rc_index_free(index);
}

/*
 * Begin to cache. Context: rc_cache.mutex; may sleep until untracked writes have ended.
 */
static void rc_cache_open(struct rc_cache *cache, struct rc_index *index)
{
	index->is_opening = true;
	rcu_assign_pointer(cache->index, index);
	synchronize_rcu();
	/* No new untracked write begins; those in flight may still change the source. */
	wait_event(cache->wait, !atomic_read(&cache->untracked));
	spin_lock_irq(&index->lock);
	index->is_opening = false;
	spin_unlock_irq(&index->lock);
}

/**
 * rc_cache_drop() - Drop all content, and free its memory.
 * @cache: the cache; its mutex is held
 *
 * Context: may sleep.
 */
void rc_cache_drop(struct rc_cache *cache)
{
	struct rc_index *index = rc_cache_index(cache);

	if (!index)
		return;
	rc_index_drop(index, 0, U64_MAX);
	rc_index_give_back(index);
}

/**
 * rc_cache_clear() - Drop all content while no I/O is in flight, and keep the memory.
 * @cache: the cache; its mutex is held
 *
 * Context: may sleep.
 */
void rc_cache_clear(struct rc_cache *cache)
{
	struct rc_index *index = rc_cache_index(cache);

	if (index && !rc_index_clear(index))
		rc_index_drop(index, 0, U64_MAX);
}

/**
 * rc_cache_bypass() - Let all I/O pass by, or begin to cache again with an empty index.
 * @cache: the cache; its mutex is held
 * @arg: "on" or "off"
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENOMEM.
 */
int rc_cache_bypass(struct rc_cache *cache, const char *arg)
{
	struct rc_index *index;

	lockdep_assert_held(&cache->mutex);
	if (!strcmp(arg, "on")) {
		rc_cache_close(cache);
		return 0;
	}
	if (strcmp(arg, "off"))
		return -EINVAL;
	if (rc_cache_index(cache))
		return 0;
	index = rc_index_alloc(cache, cache->limit_blocks);
	if (!index)
		return -ENOMEM;
	rc_cache_open(cache, index);
	return 0;
}

/**
 * rc_cache_resize() - Change the size. The content is dropped; a bypassed cache stays
 * bypassed.
 * @cache: the cache; its mutex is held
 * @arg: the size in sectors
 *
 * Context: may sleep.
 * Return: 0, -EINVAL, -ERANGE or -ENOMEM. The cache is unchanged after an error.
 */
int rc_cache_resize(struct rc_cache *cache, const char *arg)
{
	struct rc_index *index = NULL;
	u32 nr_blocks;
	int err;

	lockdep_assert_held(&cache->mutex);
	err = rc_args_parse_size(cache, arg, &nr_blocks);
	if (err)
		return err;
	if (rc_cache_index(cache)) {
		index = rc_index_alloc(cache, nr_blocks);
		if (!index)
			return -ENOMEM;
	}
	WRITE_ONCE(cache->limit_blocks, nr_blocks);
	WRITE_ONCE(cache->nr_args, max(cache->nr_args, 3U));
	if (index) {
		rc_cache_close(cache);
		rc_cache_open(cache, index);
	}
	return 0;
}
