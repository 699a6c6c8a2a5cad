/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct state *walk_begin(struct walk *walk)
{
	walk->to = *walk->from;
	return &walk->to;
}

/* End the grace periods that wait for nobody any more. */
static void end_grace_periods(struct state *state)
{
	uint8_t in_rcu = 0, i, nr;

	for (i = 0; i < NR_ACTORS; i++)
		in_rcu |= actor_is_in_rcu(&state->actor[i]) << i;
	state->waits &= in_rcu;
	for (nr = 1; nr <= model.nr_slots; nr++) {
		state->slot[nr].waits &= in_rcu;
		if (state->slot[nr].state == RETIRED && !state->slot[nr].waits)
			slot_free(state, nr);
	}
}

static bool is_written(const struct state *state)
{
	uint8_t i;

	for (i = 0; i < NR_ACTORS; i++)
		if (!actor_has_ended(&state->actor[i]) &&
		    state->actor[i].pc >= WRITE_INDEX &&
		    actor_is_watched(&state->actor[i]))
			return true;
	return false;
}

/* Return: the number of writes to the block that count in rc_index.writers. */
static uint8_t nr_counted(const struct state *state, uint8_t block)
{
	uint8_t i, ret = 0;

	for (i = 0; i < NR_ACTORS; i++) {
		const struct actor *actor = &state->actor[i];
		uint8_t owned = state->slot[actor->slot[block]].state;

		ret += actor->kind == COUNTED && actor->blocks >> block & 1;
		ret += actor->kind == THROUGH && actor->slot[block] &&
		       !(actor->pc == WRITE_ADD && actor->next == block) &&
		       (owned == BOUNCE || owned == CANCELLED);
	}
	return ret;
}

/* Check what has to hold while no guard is removed. Return: what does not, or NULL. */
static const char *check_structure(const struct state *state)
{
	uint8_t found[NR_BLOCKS] = { 0 }, counted[NR_BLOCKS] = { 0 }, nr, block;

	for (nr = 1; nr <= model.nr_slots; nr++) {
		const struct slot *slot = &state->slot[nr];
		bool is_found = slot->state == FILLING || slot->state == WRITING ||
				slot->state == VALID;

		if (is_found != !!slot->rank)
			return "the state of a slot does not say whether a lookup finds it";
		found[slot->block] += is_found;
		if (slot->state == VALID && slot->block == model.watched &&
		    slot->value != state->source && index_is_published(state))
			return "a VALID block differs from the source";
	}
	for (block = 0; block < NR_BLOCKS; block++) {
		if (found[block] > 1)
			return "a block has two slots";
		counted[model.is_shared ? 0 : block] += nr_counted(state, block);
	}
	if (memcmp(counted, state->writers, sizeof(counted)) != 0)
		return "a counter of writers is wrong";
	return NULL;
}

static const char *check(const struct state *state)
{
	uint8_t nr;

	for (nr = 1; nr <= model.nr_slots; nr++) {
		const struct slot *slot = &state->slot[nr];

		if (slot->state == VALID && slot->rank && slot->block == model.watched &&
		    slot->value != state->source && index_is_published(state) &&
		    !is_written(state))
			return "no write is in flight, and a VALID block differs from the "
			       "source";
	}
	return guard_removed == NR_GUARDS ? check_structure(state) : NULL;
}

void walk_end(struct walk *walk, const char *text, ...)
{
	va_list args;

	end_grace_periods(&walk->to);
	if (!walk->to.violation)
		walk->to.violation = check(&walk->to);
	if (walk->is_told) {
		va_start(args, text);
		(void)vsnprintf(walk->text, sizeof(walk->text), text, args);
		va_end(args);
	}
	walk->visit(walk);
}

const char *walk_value(uint8_t value)
{
	static char names[4][8];
	static unsigned int last;
	char *name = names[++last % ARRAY_SIZE(names)];

	if (value == GARBAGE)
		return "garbage";
	(void)snprintf(name, sizeof(names[0]), "v%u", value);
	return name;
}

const char *walk_slot(const struct state *state, uint8_t block)
{
	static const char *const names[] = {
		[FILLING] = ", whose FILLING slot it cancels,",
		[WRITING] = ", whose WRITING slot it cancels,",
		[VALID] = ", whose VALID slot it retires,",
	};
	static const enum guard guards[] = {
		[FILLING] = GUARD_FILL_CANCEL,
		[WRITING] = GUARD_THROUGH_CANCEL,
		[VALID] = GUARD_THROUGH_DROP,
	};
	uint8_t nr = hash_find(state, block);

	return nr && guarded(guards[state->slot[nr].state]) ? names[state->slot[nr].state]
							    : "";
}

const char *walk_blocks(uint8_t blocks)
{
	static const char *const names[] = { "no block", "block 0", "block 1",
					     "blocks 0 and 1" };

	return names[blocks];
}
