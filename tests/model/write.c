/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of writes: write.c of the module. */
#include "steps.h"

static void write_begin(struct walk *walk, uint8_t i, uint8_t blocks)
{
	struct state *state = walk_begin(walk);
	bool has_index = index_is_published(state);

	state->actor[i] = (struct actor){
		.pc = has_index ? WRITE_INDEX : WRITE_NO_INDEX,
		.blocks = blocks,
	};
	walk_end(walk, "%c begins to write %s%s", walk_actor(i), walk_blocks(blocks),
		 has_index ? "" : ", and finds no index");
}

/* rc_map_write() without an index */
static void write_untracked(struct walk *walk, uint8_t i)
{
	struct actor *actor = &walk_begin(walk)->actor[i];

	actor->pc = WRITE_SENT;
	actor->kind = UNTRACKED;
	walk_end(walk, "%c counts in rc_cache.untracked, and sends the write",
		 walk_actor(i));
}

/* rc_write_invalidate(). Return: the slot if it was VALID, otherwise 0. */
static uint8_t write_invalidate(struct state *state, uint8_t block)
{
	uint8_t nr = hash_find(state, block);
	bool is_valid = nr && state->slot[nr].state == VALID;

	if (nr)
		index_invalidate(state, nr);
	return is_valid ? nr : 0;
}

/* Remove all blocks of a write. */
static void drop_all(struct state *state, const struct actor *actor)
{
	uint8_t block;

	for (block = actor_block(actor, 0); block != NO_BLOCK;
	     block = actor_block(actor, block + 1))
		(void)write_invalidate(state, block);
}

/* rc_track_begin() */
static void write_counted(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	bool is_dropped = guarded(GUARD_TRACK_DROP) && guarded(GUARD_TRACK_ORDER);
	bool is_counted = guarded(GUARD_TRACK_COUNT);
	uint8_t block;

	if (is_dropped)
		drop_all(state, actor);
	for (block = 0; block < NR_BLOCKS; block++)
		if (is_counted && actor->blocks >> block & 1)
			++*writers(state, block);
	actor->kind = COUNTED;
	actor->pc = WRITE_SENT;
	walk_end(walk, "%c%s%s and sends the write", walk_actor(i),
		 is_dropped ? " removes its blocks," : "",
		 is_counted ? " counts in its blocks," : "");
}

/* rc_range_begin(): the first hold of the lock */
static void write_range(struct walk *walk, uint8_t i, enum kind kind)
{
	struct actor *actor = &walk_begin(walk)->actor[i];
	bool is_added = guarded(GUARD_RANGE_ADD) && guarded(GUARD_RANGE_FIRST);

	actor->kind = kind;
	actor->pc = kind == WIDE ? WRITE_DROP_WIDE : WRITE_DROP;
	actor->next = actor_block(actor, 0);
	if (kind == WIDE && !guarded(GUARD_WIDE_ORDER)) {
		actor->pc = WRITE_SENT;
		actor->next = 0;
	}
	walk_end(walk, "%c is a %s%s%s", walk_actor(i),
		 kind == WIDE ? "wide discard" : "large write",
		 is_added ? ", adds its range" : "",
		 actor->pc == WRITE_SENT ? ", and sends the write" : "");
}

/* rc_range_begin() and rc_index_drop(): one block */
static void write_drop(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;

	if (guarded(GUARD_RANGE_DROP))
		(void)write_invalidate(state, block);
	actor->next = actor_block(actor, block + 1);
	if (actor->next == NO_BLOCK) {
		actor->next = 0;
		actor->pc = WRITE_SENT;
		/* From here on the two are alike. */
		actor->kind = RANGE;
	}
	walk_end(walk, "%c%s block %u%s%s", walk_actor(i),
		 guarded(GUARD_RANGE_DROP) ? " removes" : " leaves", block,
		 guarded(GUARD_RANGE_DROP) ? walk_slot(walk->from, block) : ",",
		 actor->pc == WRITE_SENT ? " and sends the write" : "");
}

/* rc_write_through_add(). Return: what the slot becomes. */
static const char *through_add(struct state *state, struct actor *actor, uint8_t block)
{
	uint8_t base = hash_find(state, block), nr = actor->slot[block];
	bool is_whole = block == model.watched
				? actor->part == ALL || actor->part == PART_OF_OTHER
				: actor->part != PART_OF_OTHER;
	bool was_free;

	if (base && state->slot[base].state == VALID && !guarded(GUARD_THROUGH_DROP))
		base = 0;
	else
		base = write_invalidate(state, block);
	was_free = !is_tracked(state, block) || !guarded(GUARD_THROUGH_TRACKED);
	if (was_free && (is_whole || base || !guarded(GUARD_THROUGH_WHOLE))) {
		index_add(state, nr, block, WRITING);
		/* The content of the other block does not matter. */
		if (!is_whole && block == model.watched)
			actor->base = base;
		return "WRITING";
	}
	index_add(state, nr, block, BOUNCE);
	if (guarded(GUARD_BOUNCE_COUNT))
		++*writers(state, block);
	return "BOUNCE";
}

/* rc_write_through_begin(): a hold of the lock */
static void through_next(struct walk *walk, uint8_t i, const char *prefix)
{
	struct state *state = &walk->to;
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;
	const char *what = through_add(state, actor, block);

	actor->next = actor_block(actor, block + 1);
	actor->pc = WRITE_ADD;
	if (actor->next == NO_BLOCK) {
		actor->next = 0;
		actor->pc = WRITE_COPY;
	}
	walk_end(walk, "%c%s adds block %u%s as %s", walk_actor(i), prefix, block,
		 walk_slot(walk->from, block), what);
}

static void through_begin(struct walk *walk, uint8_t i, enum part part)
{
	static const char *const prefixes[] = {
		[ALL] = "",
		[PART_WITH] = ", with the watched sector and not the whole block,",
		[PART_WITHOUT] = ", without the watched sector,",
		[PART_OF_OTHER] = ", with a part of the other block,",
	};
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t block = part == PART_OF_OTHER ? !model.watched : model.watched;

	if ((part != ALL && !(actor->blocks >> block & 1)) || !slots_take(state, actor))
		return;
	actor->kind = THROUGH;
	actor->part = part;
	actor->next = actor_block(actor, 0);
	through_next(walk, i, prefixes[part]);
}

static void write_index(struct walk *walk, uint8_t i)
{
	enum part part;

	/* A write-through that gets no memory is tracked. */
	write_counted(walk, i);
	write_range(walk, i, RANGE);
	write_range(walk, i, WIDE);
	if (!model.is_write_through ||
	    (walk->from->index == OPENING && guarded(GUARD_THROUGH_OPEN)))
		return;
	for (part = ALL; part < NR_PARTS; part++)
		through_begin(walk, i, part);
}

/* rc_write_copy() */
static void through_copy(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t watched = model.watched, block, nr = actor->slot[watched],
		value = GARBAGE;

	if (actor_is_watched(actor))
		value = state->fresh++;
	else if (actor->base)
		value = page_value(state, actor->base, watched);
	if (nr)
		state->slot[nr].value = value;
	/* The part matters no more, unless the watched sector is not in it. */
	if (actor->part != PART_WITHOUT)
		actor->part = ALL;
	actor->base = 0;
	actor->pc = WRITE_SENT;
	for (block = 0; block < NR_BLOCKS; block++) {
		nr = actor->slot[block];
		if (!guarded(GUARD_THROUGH_LATE) && nr &&
		    state->slot[nr].state == WRITING)
			index_publish(state, nr);
	}
	walk_end(walk, "%c copies its data%s%s, and sends the write", walk_actor(i),
		 actor->slot[watched] ? ": " : "",
		 actor->slot[watched] ? walk_value(value) : "");
}

/* rc_write_through_publish() for one block. Return: what it does with the slot. */
static const char *through_publish(struct state *state, struct actor *actor,
				   uint8_t block)
{
	uint8_t nr = actor->slot[block];
	bool is_good = !actor->is_marked || !guarded(GUARD_THROUGH_STATUS);

	actor->slot[block] = 0;
	switch (state->slot[nr].state) {
	case WRITING:
		if (is_good) {
			index_publish(state, nr);
			return "publishes";
		}
		break;
	case BOUNCE:
		if (guarded(GUARD_BOUNCE_COUNT))
			writers_dec(state, block);
		slot_free(state, nr);
		return "frees";
	case CANCELLED:
		if (guarded(GUARD_THROUGH_COUNT))
			writers_dec(state, block);
		if (is_good && !guarded(GUARD_THROUGH_STATE)) {
			index_publish(state, nr);
			return "publishes";
		}
		break;
	default:
		/* Published before it was sent. */
		return "leaves";
	}
	index_abort(state, nr);
	return "retires";
}

static void through_end(struct walk *walk, uint8_t i, const char *result)
{
	struct state *state = &walk->to;
	struct actor *actor = &state->actor[i];
	uint8_t block = actor->next;
	const char *what = through_publish(state, actor, block);

	actor->next = actor_block(actor, block + 1);
	actor->pc = WRITE_PUBLISH;
	if (actor->next == NO_BLOCK)
		*actor = (struct actor){ .pc = IDLE };
	walk_end(walk, "%c%s %s the slot of block %u%s", walk_actor(i), result, what,
		 block, actor->pc == IDLE ? ", and ends" : "");
}

/* The end of the bio. */
static void write_end(struct walk *walk, uint8_t i, bool is_good)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	bool is_dropped;
	uint8_t block;

	actor->is_marked = !is_good;
	if (actor->kind == THROUGH) {
		actor->next = actor_block(actor, 0);
		if (!guarded(GUARD_THROUGH_ACK)) {
			actor->pc = WRITE_PUBLISH;
			walk_end(walk, "%c: the source %s, and the write is acknowledged",
				 walk_actor(i), is_good ? "succeeds" : "fails");
			return;
		}
		through_end(walk, i,
			    is_good ? ": the source succeeds; it"
				    : ": the source fails; it");
		return;
	}
	for (block = 0; block < NR_BLOCKS; block++)
		if (actor->kind == COUNTED && guarded(GUARD_TRACK_COUNT) &&
		    actor->blocks >> block & 1)
			writers_dec(state, block);
	is_dropped = (actor->kind == COUNTED && !guarded(GUARD_TRACK_ORDER)) ||
		     (actor->kind == WIDE && !guarded(GUARD_WIDE_ORDER));
	if (is_dropped)
		drop_all(state, actor);
	*actor = (struct actor){ .pc = IDLE };
	walk_end(walk, "%c: the source %s; the write%s is no longer tracked, and ends",
		 walk_actor(i), is_good ? "succeeds" : "fails",
		 is_dropped ? " removes its blocks," : "");
}

/* The source writes the watched sector. */
static void write_land(struct walk *walk, uint8_t i)
{
	struct state *state = walk_begin(walk);
	struct actor *actor = &state->actor[i];
	uint8_t reader, value;

	/* Without a copy of its own, the application may have changed the data. */
	if (actor->kind == THROUGH && guarded(GUARD_THROUGH_COPY))
		value = page_value(state, actor->slot[model.watched], model.watched);
	else
		value = state->fresh++;
	state->source = value;
	actor->is_done = true;
	for (reader = 0; reader < NR_ACTORS; reader++)
		if (state->actor[reader].pc == READ_LOOKUP ||
		    state->actor[reader].pc == READ_COPY)
			if (state->actor[reader].allowed)
				state->actor[reader].allowed |= 1U << value;
	walk_end(walk, "the source writes %s for %c", walk_value(value), walk_actor(i));
}

static void write_sent(struct walk *walk, uint8_t i)
{
	const struct actor *actor = &walk->from->actor[i];

	if (actor_is_watched(actor) && !actor->is_done)
		write_land(walk, i);
	else
		write_end(walk, i, true);
	/* The content is old or new after an error. */
	write_end(walk, i, false);
}

void write_steps(struct walk *walk, uint8_t i)
{
	uint8_t blocks;

	switch (walk->from->actor[i].pc) {
	case IDLE:
		for (blocks = 1; blocks < 1 << NR_BLOCKS; blocks++)
			write_begin(walk, i, blocks);
		break;
	case WRITE_INDEX:
		write_index(walk, i);
		break;
	case WRITE_NO_INDEX:
		write_untracked(walk, i);
		break;
	case WRITE_ADD:
		(void)walk_begin(walk);
		through_next(walk, i, "");
		break;
	case WRITE_COPY:
		through_copy(walk, i);
		break;
	case WRITE_DROP:
	case WRITE_DROP_WIDE:
		write_drop(walk, i);
		break;
	case WRITE_SENT:
		write_sent(walk, i);
		break;
	case WRITE_PUBLISH:
		(void)walk_begin(walk);
		through_end(walk, i, "");
		break;
	default:
		break;
	}
}
