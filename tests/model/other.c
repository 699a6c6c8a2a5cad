/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps that no read or write takes: evictions, messages, suspend. */
#include "steps.h"

/* Evict each VALID slot: rc_slots_unlink_victim(), called by I/O and by shrinkers. */
static void evict(struct walk *walk)
{
	uint8_t nr;

	for (nr = 1; nr <= model.nr_slots; nr++) {
		struct state *state = walk_begin(walk);
		struct slot *slot = &state->slot[nr];
		uint8_t block = slot->block;

		if (slot->state != VALID)
			continue;
		if (!slot->rank)
			state->violation =
				"an eviction looks for a slot that the hash table does not have";
		index_invalidate(state, nr);
		walk_end(walk, "an eviction removes block %u", block);
	}
}

/* The message drop. rc_cache_drop(): each hold of the lock removes some blocks. */
static void drop(struct walk *walk)
{
	uint8_t block;

	for (block = 0; block < NR_BLOCKS; block++) {
		struct state *state = walk_begin(walk);
		uint8_t nr = hash_find(state, block);

		/* A VALID slot leaves as by an eviction. */
		if (!nr || state->slot[nr].state == VALID)
			continue;
		index_invalidate(state, nr);
		walk_end(walk, "a message drops block %u", block);
	}
}

static void clear_slots(struct state *state)
{
	uint8_t nr;

	for (nr = 1; nr <= model.nr_slots; nr++)
		slot_free(state, nr);
}

/* rc_cache_clear() */
static void clear(struct state *state)
{
	uint8_t nr, block;

	for (nr = 1; nr <= model.nr_slots; nr++)
		if (state->slot[nr].state != FREE && state->slot[nr].state != VALID)
			break;
	if (nr > model.nr_slots) {
		clear_slots(state);
		return;
	}
	for (block = 0; block < NR_BLOCKS; block++)
		if (hash_find(state, block))
			index_invalidate(state, hash_find(state, block));
}

/* Suspend, writes of others to the source, and resume. Device-mapper drains all I/O. */
static void suspend(struct walk *walk)
{
	struct state *state = walk_begin(walk);
	uint8_t i;

	if (state->index != OPEN)
		return;
	for (i = 0; i < NR_ACTORS; i++)
		if (!actor_has_ended(&state->actor[i]))
			return;
	if (guarded(GUARD_SUSPEND_CLEAR))
		clear(state);
	state->source = state->fresh++;
	walk_end(
		walk,
		"the cache is suspended, others write %s to the source, and it is resumed",
		walk_value(state->source));
}

/* The set of actors in an RCU read section, as synchronize_rcu() sees it now. */
static uint8_t in_rcu(const struct state *state)
{
	uint8_t ret = 0, i;

	for (i = 0; i < NR_ACTORS; i++)
		ret |= actor_is_in_rcu(&state->actor[i]) << i;
	return ret;
}

/* rc_cache_close(): free the index. */
static void close_index(struct walk *walk)
{
	struct state *state = walk_begin(walk);
	bool is_pinned = false, is_used = false;
	uint8_t i;

	for (i = 0; i < NR_ACTORS; i++) {
		const struct actor *actor = &state->actor[i];

		is_pinned |= actor_is_pinning(actor);
		is_used |= actor_is_pinning(actor) || actor->pc == READ_LOOKUP ||
			   actor->pc == READ_COPY || actor->pc == READ_MISSED ||
			   actor->pc == WRITE_INDEX;
	}
	if ((state->waits && guarded(GUARD_CLOSE_RCU)) ||
	    (is_pinned && guarded(GUARD_CLOSE_WAIT)))
		return;
	if (is_used)
		state->violation = "the index is freed while I/O uses it";
	clear_slots(state);
	state->index = ABSENT;
	state->waits = 0;
	walk_end(walk, "the index is freed");
}

/* rc_cache_open(): the index is open. */
static void open_index(struct walk *walk)
{
	struct state *state = walk_begin(walk);
	bool is_untracked = false;
	uint8_t i;

	for (i = 0; i < NR_ACTORS; i++)
		is_untracked |= state->actor[i].kind == UNTRACKED;
	if ((state->waits && guarded(GUARD_OPEN_RCU)) ||
	    (is_untracked && guarded(GUARD_OPEN_WAIT)))
		return;
	state->index = OPEN;
	state->waits = 0;
	walk_end(walk, "the index is open");
}

/* The messages bypass and resize. */
static void bypass(struct walk *walk)
{
	struct state *state = walk_begin(walk);

	switch (state->index) {
	case OPEN:
		state->index = CLOSING;
		state->waits = in_rcu(state);
		walk_end(walk, "a message bypasses the cache: no index is published");
		break;
	case CLOSING:
		close_index(walk);
		break;
	case ABSENT:
		state->index = OPENING;
		state->waits = in_rcu(state);
		walk_end(walk, "a message publishes a new index, which is opening");
		break;
	default:
		open_index(walk);
	}
}

void other_steps(struct walk *walk)
{
	evict(walk);
	/* The messages have a mutex. */
	if (walk->from->index == OPEN)
		drop(walk);
	suspend(walk);
	bypass(walk);
}
