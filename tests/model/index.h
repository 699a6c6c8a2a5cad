/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations on the index of modules/rapiddisk-cache that hold rc_index.lock. Each has the
 * name of its function there, without the prefix.
 */
#pragma once

#include "guards.h"
#include "state.h"

/* hash.h: the slot of a block in any state, 0 if it has none. */
uint8_t hash_find(const struct state *state, uint8_t block);

/*
 * slots.c: take a free slot for each block of the actor. They are BOUNCE until they are added.
 * Return: false if not enough are free.
 */
bool slots_take(struct state *state, struct actor *actor);

/* slots.c: free a slot that no reader can access. */
void slot_free(struct state *state, uint8_t nr);

/* index.c */
void index_add(struct state *state, uint8_t nr, uint8_t block, enum slot_state to);
void index_publish(struct state *state, uint8_t nr);
void index_abort(struct state *state, uint8_t nr);
void index_invalidate(struct state *state, uint8_t nr);

/* track.h: true if a tracked write to the block is in flight. */
bool is_tracked(const struct state *state, uint8_t block);

/* index_types.h: the counter of writes in flight for a block. */
static inline uint8_t *writers(struct state *state, uint8_t block)
{
	return &state->writers[model.is_shared ? 0 : block];
}

/* Decrement the counter of a block. */
void writers_dec(struct state *state, uint8_t block);

/* True if lookups and messages find the index. */
static inline bool index_is_published(const struct state *state)
{
	return state->index == OPEN || state->index == OPENING;
}

/* Return: the content of a page as that of @block. Another block's content is garbage. */
static inline uint8_t page_value(const struct state *state, uint8_t nr, uint8_t block)
{
	return state->slot[nr].block == block ? state->slot[nr].value : GARBAGE;
}
