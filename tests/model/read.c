/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of reads: read.c of the module. */
#include "steps.h"

static const char wrong_read[] =
	"a read returns a value that the source did not have during the read";

static void read_begin(struct walk *walk, uint8_t i, uint8_t blocks)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];

	/* Without an index the read goes to the source, and no state of the cache changes. */
	if (!index_is_published(state))
		return;
	*actor = (struct actor){ .pc = READ_LOOKUP, .blocks = blocks };
	actor->next = actor_block(actor, 0);
	if (actor_is_watched(actor))
		actor->allowed = 1U << state->source;
	walk_end(walk, "%c begins to read %s", walk_actor(i), walk_blocks(blocks));
}

/* The read does not find a VALID slot of the next block. */
static void read_miss(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;

	if (block != actor_block(actor, 0)) {
		*actor = (struct actor){ .pc = IDLE };
		walk_end(walk, "%c misses block %u, is cut before it, and ends",
			 walk_actor(i), block);
		/* With REQ_NOWAIT it is a miss as a whole. */
		(void)walk_begin(walk);
	}
	*actor = (struct actor){ .pc = READ_MISSED, .blocks = actor->blocks };
	walk_end(walk, "%c misses block %u", walk_actor(i), block);
}

/* rc_find_valid() */
static void read_lookup(struct walk *walk, uint8_t i)
{
	uint8_t block = walk->from->actor[i].next, nr = hash_find(walk->from, block);
	struct state *state;
	struct actor *actor;

	/* A VALID slot may be retired between rc_hash_find() and the look at its state. */
	read_miss(walk, i);
	if (!nr)
		return;
	state = walk_begin(walk);
	actor = &state->actor[i];
	actor->pc = READ_COPY;
	actor->slot[block] = nr;
	/* Likewise another slot may become VALID. */
	actor->is_marked = state->slot[nr].state != VALID && guarded(GUARD_LOOKUP_STATE);
	walk_end(walk, "%c finds %s slot of block %u", walk_actor(i),
		 state->slot[nr].state == VALID ? "the VALID" : "a", block);
}

/* Compare what the read returns for the watched sector with what it may return. */
static void check_read(struct state *state, const struct actor *actor, uint8_t value)
{
	if (value == GARBAGE)
		state->violation = "a read returns what nobody wrote";
	else if (!(actor->allowed >> value & 1))
		state->violation = wrong_read;
}

/* The look at the state of the slot in rc_find_valid() */
static void read_check(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];

	if (state->slot[actor->slot[actor->next]].state != VALID) {
		read_miss(walk, i);
		return;
	}
	actor->is_marked = false;
	walk_end(walk, "%c takes the slot for a hit", walk_actor(i));
}

static void read_copy(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next, value = page_value(state, actor->slot[block], block);

	if (block == model.watched)
		check_read(state, actor, value);
	actor->slot[block] = 0;
	actor->next = actor_block(actor, block + 1);
	if (actor->next == NO_BLOCK)
		*actor = (struct actor){ .pc = IDLE };
	else
		actor->pc = READ_LOOKUP;
	walk_end(walk, "%c copies block %u%s%s%s", walk_actor(i), block,
		 block == model.watched ? ": " : "",
		 block == model.watched ? walk_value(value) : "",
		 actor->pc == IDLE ? ", and ends" : "");
}

/* True if rc_busy_run() of the module returns more than 0. */
static bool is_busy(const struct state *state, uint8_t block)
{
	return (hash_find(state, block) && guarded(GUARD_FILL_SLOT)) ||
	       is_tracked(state, block);
}

/* rc_fill_add() for one block */
static void fill_add(struct state *state, const struct actor *actor, uint8_t block,
		     bool is_bounce)
{
	index_add(state, actor->slot[block], block, is_bounce ? BOUNCE : FILLING);
}

/* rc_fill_begin(): the first hold of the lock */
static void read_missed(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = actor_block(actor, 0), next = actor_block(actor, block + 1);
	bool is_bounce = is_busy(state, block), is_next_busy;

	/* Too little memory, a long stream, a page from swap, or no block to fill. */
	*actor = (struct actor){ .pc = IDLE };
	walk_end(walk, "%c reads the source itself, and ends", walk_actor(i));

	state = walk_begin(walk);
	is_next_busy = next == NO_BLOCK || is_busy(state, next);
	if ((state->index == OPENING && guarded(GUARD_FILL_OPEN)) ||
	    (is_bounce && is_next_busy) || !slots_take(state, actor))
		return;
	actor->kind = FILL;
	fill_add(state, actor, block, is_bounce);
	if (next == NO_BLOCK) {
		actor->pc = FILL_SENT;
		walk_end(walk, "%c adds block %u as FILLING, and sends the read",
			 walk_actor(i), block);
		return;
	}
	actor->pc = READ_ADD;
	actor->next = next;
	actor->is_marked = is_next_busy;
	walk_end(walk, "%c adds block %u as %s", walk_actor(i), block,
		 is_bounce ? "BOUNCE" : "FILLING");
}

/* rc_fill_begin(): the second hold of the lock */
static void read_add(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;
	bool is_bounce =
		guarded(GUARD_FILL_AGAIN) ? is_busy(state, block) : actor->is_marked;

	fill_add(state, actor, block, is_bounce);
	actor->pc = FILL_SENT;
	actor->next = 0;
	actor->is_marked = false;
	walk_end(walk, "%c adds block %u as %s, and sends the read", walk_actor(i), block,
		 is_bounce ? "BOUNCE" : "FILLING");
}

/* rc_fill_publish() for one block. Return: what it does with the slot. */
static const char *fill_publish(struct state *state, struct actor *actor, uint8_t block)
{
	uint8_t nr = actor->slot[block];
	bool is_good = !actor->is_marked || !guarded(GUARD_FILL_STATUS);

	if (guarded(GUARD_FILL_COPY))
		actor->slot[block] = 0;
	if (state->slot[nr].state == BOUNCE) {
		slot_free(state, nr);
		return "frees";
	}
	if (is_good && (state->slot[nr].state == FILLING || !guarded(GUARD_FILL_STATE))) {
		index_publish(state, nr);
		return "publishes";
	}
	index_abort(state, nr);
	return "retires";
}

/* Publish the slot of one block, and continue with the next one or end. */
static void fill_end(struct walk *walk, uint8_t i, const char *result)
{
	struct state *state = &walk->to;
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;
	const char *what = fill_publish(state, actor, block);

	actor->next = actor_block(actor, block + 1);
	if (actor->next != NO_BLOCK) {
		actor->pc = FILL_PUBLISH;
	} else if (!guarded(GUARD_FILL_COPY) && actor_is_watched(actor) &&
		   !actor->is_marked) {
		actor->pc = FILL_COPY_LATE;
		actor->next = 0;
	} else {
		*actor = (struct actor){ .pc = IDLE };
	}
	walk_end(walk, "%c%s %s block %u%s", walk_actor(i), result, what, block,
		 actor->pc == IDLE ? ", and ends" : "");
}

/* The source reads, or the bio ends. */
static void fill_sent(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t nr = actor->slot[model.watched];

	if (actor_is_watched(actor) && !actor->is_done) {
		actor->is_done = true;
		actor->allowed = 1U << state->source;
		state->slot[nr].value = state->source;
		walk_end(walk, "the source reads %s for %c", walk_value(state->source),
			 walk_actor(i));
	} else {
		actor->next = actor_block(actor, 0);
		if (actor_is_watched(actor) && guarded(GUARD_FILL_COPY))
			check_read(state, actor, page_value(state, nr, model.watched));
		fill_end(walk, i,
			 guarded(GUARD_FILL_COPY)
				 ? ": the source succeeds; it copies to the caller,"
				 : ": the source succeeds; it");
	}

	(void)walk_begin(walk);
	actor->next = actor_block(actor, 0);
	actor->is_marked = true;
	fill_end(walk, i, ": the source fails; it");
}

static void fill_copy_late(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t value = page_value(state, actor->slot[model.watched], model.watched);

	check_read(state, actor, value);
	*actor = (struct actor){ .pc = IDLE };
	walk_end(walk, "%c copies block %u: %s, and ends", walk_actor(i), model.watched,
		 walk_value(value));
}

void read_steps(struct walk *walk, uint8_t i)
{
	uint8_t blocks;

	switch (walk->from->actor[i].pc) {
	case IDLE:
		for (blocks = 1; blocks < 1 << NR_BLOCKS; blocks++)
			read_begin(walk, i, blocks);
		break;
	case READ_LOOKUP:
		read_lookup(walk, i);
		break;
	case READ_COPY:
		if (walk->from->actor[i].is_marked)
			read_check(walk, i);
		else
			read_copy(walk, i);
		break;
	case READ_MISSED:
		read_missed(walk, i);
		break;
	case READ_ADD:
		read_add(walk, i);
		break;
	case FILL_SENT:
		fill_sent(walk, i);
		break;
	case FILL_PUBLISH:
		(void)walk_begin(walk);
		fill_end(walk, i, "");
		break;
	case FILL_COPY_LATE:
		fill_copy_late(walk, i);
		break;
	default:
		break;
	}
}
