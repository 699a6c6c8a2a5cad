/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps from one state to the next ones. */
#pragma once

#include "base/macro.h"
#include "index.h"

struct walk {
	const struct state *from;
	/* The next state, between walk_begin() and walk_end(). */
	struct state to;
	/* The step in words, if is_told. */
	bool is_told;
	char text[200];
	/* Called for each next state, with @to and @text. */
	void (*visit)(struct walk *walk);
	void *data;
};

/* walk_begin() - Begin a step. Return: the next state, a copy of the present one. */
struct state *walk_begin(struct walk *walk);

/* walk_end() - End a step: end grace periods, check the invariants, and visit. */
void walk_end(struct walk *walk, const char *text, ...) _printf_(2, 3);

/* walk_value() - Name a value, in memory that the fourth next call reuses. */
const char *walk_value(uint8_t value);

/* walk_slot() - Say what a write to a block does with the slot that a lookup finds. */
const char *walk_slot(const struct state *state, uint8_t block);

/* walk_blocks() - Name a set of blocks. */
const char *walk_blocks(uint8_t blocks);

/* walk_actor() - Name an actor. */
static inline char walk_actor(uint8_t actor)
{
	return (char)('A' + actor);
}
