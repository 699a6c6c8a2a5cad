/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "index.h"

uint8_t hash_find(const struct state *state, uint8_t block)
{
	uint8_t nr, ret = 0;

	for (nr = 1; nr <= model.nr_slots; nr++)
		if (state->slot[nr].block == block &&
		    state->slot[nr].rank > state->slot[ret].rank)
			ret = nr;
	return ret;
}

bool slots_take(struct state *state, struct actor *actor)
{
	uint8_t block, nr = 1;

	for (block = actor_block(actor, 0); block != NO_BLOCK;
	     block = actor_block(actor, block + 1)) {
		while (nr <= model.nr_slots && state->slot[nr].state != FREE)
			nr++;
		if (nr > model.nr_slots)
			return false;
		actor->slot[block] = nr;
		state->slot[nr].state = BOUNCE;
		state->slot[nr].block = block;
	}
	return true;
}

void slot_free(struct state *state, uint8_t nr)
{
	/* The page may become anybody's. */
	state->slot[nr] = (struct slot){ .state = FREE };
}

/* Retire a slot. walk_end() frees it once no RCU read section of now is left. */
static void slot_retire(struct state *state, uint8_t nr)
{
	uint8_t i;

	state->slot[nr].state = RETIRED;
	state->slot[nr].rank = 0;
	for (i = 0; i < NR_ACTORS; i++)
		if (actor_is_in_rcu(&state->actor[i]) && guarded(GUARD_GRACE))
			state->slot[nr].waits |= 1 << i;
}

void index_add(struct state *state, uint8_t nr, uint8_t block, enum slot_state to)
{
	struct slot *slot = &state->slot[nr];

	if (to != BOUNCE)
		slot->rank = state->slot[hash_find(state, block)].rank + 1;
	slot->state = to;
	slot->block = block;
}

void index_publish(struct state *state, uint8_t nr)
{
	state->slot[nr].state = VALID;
}

void index_abort(struct state *state, uint8_t nr)
{
	slot_retire(state, nr);
}

void index_invalidate(struct state *state, uint8_t nr)
{
	struct slot *slot = &state->slot[nr];

	if (slot->state == VALID) {
		slot_retire(state, nr);
		return;
	}
	if (!guarded(slot->state == FILLING ? GUARD_FILL_CANCEL : GUARD_THROUGH_CANCEL))
		return;
	if (slot->state == WRITING && guarded(GUARD_THROUGH_COUNT))
		++*writers(state, slot->block);
	slot->state = CANCELLED;
	slot->rank = 0;
}

/* True if the actor has its range in rc_index.ranges. */
static bool is_in_ranges(const struct actor *actor)
{
	if ((actor->kind != RANGE && actor->kind != WIDE) || !guarded(GUARD_RANGE_ADD))
		return false;
	return actor->pc == WRITE_SENT ? guarded(GUARD_RANGE_END)
				       : guarded(GUARD_RANGE_FIRST);
}

bool is_tracked(const struct state *state, uint8_t block)
{
	uint8_t i;

	if (state->writers[model.is_shared ? 0 : block] && guarded(GUARD_TRACKED_COUNTER))
		return true;
	for (i = 0; i < NR_ACTORS; i++)
		if (is_in_ranges(&state->actor[i]) && guarded(GUARD_TRACKED_RANGE) &&
		    state->actor[i].blocks >> block & 1)
			return true;
	return false;
}

void writers_dec(struct state *state, uint8_t block)
{
	if (*writers(state, block))
		--*writers(state, block);
	else
		state->violation = "a counter of writers falls below 0";
}
