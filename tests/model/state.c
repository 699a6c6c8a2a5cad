/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include "guards.h"

#include <string.h>

struct model model = { .nr_slots = 3, .is_write_through = true };

void state_init(struct state *ret)
{
	*ret = (struct state){ .source = 1, .fresh = 2 };
}

bool actor_is_in_rcu(const struct actor *actor)
{
	switch (actor->pc) {
	case READ_COPY:
		return guarded(GUARD_LOOKUP_RCU);
	case WRITE_COPY:
		return guarded(GUARD_THROUGH_RCU);
	case READ_LOOKUP:
	case READ_MISSED:
	case READ_ADD:
	case WRITE_INDEX:
	case WRITE_NO_INDEX:
	case WRITE_ADD:
	case WRITE_DROP:
		return true;
	default:
		return false;
	}
}

bool actor_is_pinning(const struct actor *actor)
{
	return actor->pc != FILL_COPY_LATE && actor->kind != PLAIN &&
	       actor->kind != UNTRACKED;
}

bool actor_has_ended(const struct actor *actor)
{
	return actor->pc == IDLE ||
	       (actor->pc == WRITE_PUBLISH && !guarded(GUARD_THROUGH_ACK));
}

/* Close the gaps in the hash chains. */
static void pack_ranks(struct state *state)
{
	uint8_t block, rank, nr;

	for (block = 0; block < NR_BLOCKS; block++) {
		uint8_t to[SLOTS_MAX + 2] = { 0 }, last = 0;

		for (nr = 1; nr <= model.nr_slots; nr++)
			if (state->slot[nr].block == block && state->slot[nr].rank)
				to[state->slot[nr].rank] = 1;
		for (rank = 1; rank < sizeof(to); rank++)
			to[rank] = to[rank] ? ++last : 0;
		for (nr = 1; nr <= model.nr_slots; nr++)
			if (state->slot[nr].block == block)
				state->slot[nr].rank = to[state->slot[nr].rank];
	}
}

static uint32_t slot_key(const struct state *state, uint8_t nr)
{
	const struct slot *slot = &state->slot[nr];
	uint32_t owner = 0;
	int i;

	if (slot->state == FREE)
		return UINT32_MAX;
	for (i = 0; i < NR_ACTORS; i++) {
		const struct actor *actor = &state->actor[i];

		if (actor->slot[0] == nr || actor->slot[1] == nr || actor->base == nr)
			owner += (uint32_t)actor->pc << 6 | (uint32_t)actor->part << 4 |
				 (uint32_t)actor->blocks << 2 | actor->is_done << 1 |
				 actor->is_marked;
	}
	return (uint32_t)slot->state << 28 | (uint32_t)slot->block << 27 |
	       (uint32_t)slot->rank << 24 |
	       (uint32_t)(slot->value == state->source) << 23 |
	       (uint32_t)(slot->value == GARBAGE) << 22 | owner;
}

/* Forget content that nobody will look at: of RETIRED slots that no reader has found. */
static void pack_retired(struct state *state)
{
	uint8_t used = 0, i, nr;

	for (i = 0; i < NR_ACTORS; i++) {
		const struct actor *actor = &state->actor[i];

		used |= 1 << actor->slot[0] | 1 << actor->slot[1] | 1 << actor->base;
	}
	for (nr = 1; nr <= model.nr_slots; nr++)
		if (state->slot[nr].state == RETIRED && !(used >> nr & 1)) {
			state->slot[nr].block = 0;
			state->slot[nr].value = GARBAGE;
		}
}

/* Sort the slots. */
static void pack_slots(struct state *state)
{
	uint32_t key[SLOTS_MAX + 1];
	uint8_t order[SLOTS_MAX + 1], to[SLOTS_MAX + 1] = { 0 }, i, j;
	struct slot slot[SLOTS_MAX + 1];

	for (i = 1; i <= model.nr_slots; i++) {
		key[i] = slot_key(state, i);
		for (j = i; j > 1 && key[order[j - 1]] > key[i]; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	memcpy(slot, state->slot, sizeof(slot));
	for (i = 1; i <= model.nr_slots; i++) {
		state->slot[i] = slot[order[i]];
		to[order[i]] = i;
	}
	for (i = 0; i < NR_ACTORS; i++) {
		struct actor *actor = &state->actor[i];

		actor->slot[0] = to[actor->slot[0]];
		actor->slot[1] = to[actor->slot[1]];
		actor->base = to[actor->base];
	}
}

/* Name the values in the order of their places. Nobody can return the others any more. */
static void pack_values(struct state *state)
{
	uint8_t to[32] = { 0 }, last = 1, i, value;

	to[state->source] = 1;
	for (i = 1; i <= model.nr_slots; i++) {
		value = state->slot[i].value;
		if (value != GARBAGE && !to[value])
			to[value] = ++last;
		state->slot[i].value = to[value];
	}
	for (i = 0; i < NR_ACTORS; i++) {
		uint32_t allowed = state->actor[i].allowed;

		state->actor[i].allowed = 0;
		for (value = 1; allowed >> value; value++)
			if (allowed >> value & 1 && to[value])
				state->actor[i].allowed |= 1U << to[value];
	}
	state->source = 1;
	state->fresh = last + 1;
}

static uint32_t pack_actor(const struct actor *actor)
{
	return (uint32_t)actor->pc | (uint32_t)actor->kind << 4 |
	       (uint32_t)actor->part << 7 | (uint32_t)actor->blocks << 9 |
	       (uint32_t)(actor->next & 1) << 11 | (uint32_t)actor->slot[0] << 12 |
	       (uint32_t)actor->slot[1] << 15 | (uint32_t)actor->base << 18 |
	       (uint32_t)actor->is_done << 21 | (uint32_t)actor->is_marked << 22 |
	       actor->allowed >> 1 << 23;
}

static void unpack_actor(uint32_t bits, struct actor *ret)
{
	*ret = (struct actor){
		.pc = bits & 15,
		.kind = bits >> 4 & 7,
		.part = bits >> 7 & 3,
		.blocks = bits >> 9 & 3,
		.next = bits >> 11 & 1,
		.slot = { bits >> 12 & 7, bits >> 15 & 7 },
		.base = bits >> 18 & 7,
		.is_done = bits >> 21 & 1,
		.is_marked = bits >> 22 & 1,
		.allowed = bits >> 23 << 1,
	};
}

static uint8_t move_bits(uint8_t set, const uint8_t *order)
{
	uint8_t ret = 0, i;

	for (i = 0; i < NR_ACTORS; i++)
		ret |= (set >> order[i] & 1) << i;
	return ret;
}

struct packed state_pack(const struct state *state)
{
	struct state copy = *state;
	uint32_t actor[NR_ACTORS], rest;
	uint8_t order[NR_ACTORS], i, j;
	struct packed ret;
	uint64_t slots[2] = { 0 };

	pack_ranks(&copy);
	pack_retired(&copy);
	pack_slots(&copy);
	pack_values(&copy);
	for (i = 0; i < NR_ACTORS; i++) {
		uint32_t bits = pack_actor(&copy.actor[i]);

		for (j = i; j > 0 && actor[j - 1] > bits; j--) {
			actor[j] = actor[j - 1];
			order[j] = order[j - 1];
		}
		actor[j] = bits;
		order[j] = i;
	}
	for (i = 0; i < model.nr_slots; i++) {
		const struct slot *slot = &copy.slot[i + 1];

		slots[i / 4] |=
			(uint64_t)(slot->state | slot->block << 3 | slot->rank << 4 |
				   slot->value << 7 | move_bits(slot->waits, order) << 10)
			<< i % 4 * 13;
	}
	/* No packed state is all 0. */
	rest = 1U << 11 | copy.index | (uint32_t)move_bits(copy.waits, order) << 2 |
	       (uint32_t)copy.writers[0] << 5 | (uint32_t)copy.writers[1] << 8;
	ret.word[0] = (uint64_t)actor[0] << 32 | actor[1];
	ret.word[1] = (uint64_t)actor[2] << 32 | slots[1];
	ret.word[2] = (uint64_t)rest << 52 | slots[0];
	return ret;
}

void state_unpack(const struct packed *packed, struct state *ret)
{
	uint32_t rest = packed->word[2] >> 52;
	uint8_t i;

	state_init(ret);
	unpack_actor(packed->word[0] >> 32, &ret->actor[0]);
	unpack_actor((uint32_t)packed->word[0], &ret->actor[1]);
	unpack_actor(packed->word[1] >> 32, &ret->actor[2]);
	for (i = 0; i < model.nr_slots; i++) {
		uint64_t bits = packed->word[i < 4 ? 2 : 1] >> i % 4 * 13;
		struct slot *slot = &ret->slot[i + 1];

		*slot = (struct slot){
			.state = bits & 7,
			.block = bits >> 3 & 1,
			.rank = bits >> 4 & 7,
			.value = bits >> 7 & 7,
			.waits = bits >> 10 & 7,
		};
		if (slot->value >= ret->fresh)
			ret->fresh = slot->value + 1;
	}
	ret->index = rest & 3;
	ret->waits = rest >> 2 & 7;
	ret->writers[0] = rest >> 5 & 7;
	ret->writers[1] = rest >> 8 & 7;
}
