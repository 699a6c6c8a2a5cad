// SPDX-License-Identifier: GPL-2.0-only
/* A cache as a whole: with and without an index, which is what the messages ask for. */
#include <linux/rcupdate.h>

#include "args.h"
#include "index.h"

static struct rc_index *rc_cache_index(struct rc_cache *cache)
{
	return rcu_dereference_protected(cache->index, lockdep_is_held(&cache->mutex));
}

/*
 * rc_cache_close() - Take the index away; everything passes by from then on.
 *
 * Context: may sleep, until what is under way in the source has ended.
 */
void rc_cache_close(struct rc_cache *cache)
{
	struct rc_index *index = rc_cache_index(cache);

	if (!index)
		return;
	rcu_assign_pointer(cache->index, NULL);
	synchronize_rcu();
	/* Nobody can begin anything with the old one any more. */
	wait_event(cache->wait, rc_index_is_idle(index));
	rc_index_free(index);
}

/* rc_cache_open() - Begin to cache. Context: as rc_cache_close(). */
static void rc_cache_open(struct rc_cache *cache, struct rc_index *index)
{
	index->is_opening = true;
	rcu_assign_pointer(cache->index, index);
	synchronize_rcu();
	/* No more untracked writes begin; those that did may still change the source. */
	wait_event(cache->wait, !atomic_read(&cache->untracked));
	spin_lock_irq(&index->lock);
	index->is_opening = false;
	spin_unlock_irq(&index->lock);
}

/* Forget all content, and give its memory back. Context: may sleep. */
void rc_cache_drop(struct rc_cache *cache)
{
	struct rc_index *index = rc_cache_index(cache);

	if (!index)
		return;
	rc_index_drop(index, 0, U64_MAX);
	rc_index_give_back(index);
}

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

/* A cache of another size begins empty. One that is bypassed stays so. */
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
