/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of the model, and its packed form. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NR_BLOCKS 2
#define NR_ACTORS 3
#define SLOTS_MAX 6
/* Values in a packed state: one per slot, and the source's. */
#define VALUES_MAX (SLOTS_MAX + 1)

/* The content that nobody wrote. */
#define GARBAGE	 0
#define NO_BLOCK NR_BLOCKS

/* The position of an actor: the step that it takes next. */
enum pc {
	IDLE,
	/* Reads, in their RCU read section. */
	READ_LOOKUP,
	READ_COPY,
	READ_MISSED,
	READ_ADD,
	/* Fills at the source, and at their end. */
	FILL_SENT,
	FILL_PUBLISH,
	FILL_COPY_LATE,
	/* Writes, in their RCU read section. */
	WRITE_INDEX,
	WRITE_NO_INDEX,
	WRITE_ADD,
	WRITE_COPY,
	WRITE_DROP,
	/* Wide discards behind it, writes at the source, and at their end. */
	WRITE_DROP_WIDE,
	WRITE_SENT,
	WRITE_PUBLISH,
};

enum kind { PLAIN, FILL, THROUGH, COUNTED, RANGE, WIDE, UNTRACKED };

/* The part of its blocks that a write-through covers. */
enum part {
	ALL,
	/* A part of the watched block, with the watched sector and without it. */
	PART_WITH,
	PART_WITHOUT,
	/* A part of the other block. */
	PART_OF_OTHER,
	NR_PARTS,
};

/* A read, write or discard. Slots are numbers; 0 stands for none. */
struct actor {
	uint8_t pc;
	uint8_t kind;
	uint8_t part;
	/* Set of the blocks, and the one that is next. */
	uint8_t blocks;
	uint8_t next;
	/* A read: the slot to copy from. Fills and write-throughs: their slots. */
	uint8_t slot[NR_BLOCKS];
	/* The retired slot with the rest of the block that is written in part. */
	uint8_t base;
	/* The source has read or written the watched sector. */
	bool is_done;
	/*
	 * The source returned an error. READ_COPY: the state of the slot is not known yet.
	 * READ_ADD: the next block was busy at first.
	 */
	bool is_marked;
	/* A read: set of the values that the source has had since the read began. */
	uint32_t allowed;
};

/* As in index_types.h. */
enum slot_state { FREE, FILLING, WRITING, BOUNCE, VALID, CANCELLED, RETIRED };

struct slot {
	uint8_t state;
	uint8_t block;
	/* Position in the hash chain of the block, the largest first; 0: not there. */
	uint8_t rank;
	/* Content of the watched sector. */
	uint8_t value;
	/* Set of the actors whose RCU read sections the grace period waits for. */
	uint8_t waits;
};

/* OPENING: rc_index.is_opening. CLOSING: rc_cache.index is NULL, and the index exists. */
enum index_state { OPEN, CLOSING, ABSENT, OPENING };

struct state {
	struct actor actor[NR_ACTORS];
	/* Slot 0 stands for none. */
	struct slot slot[SLOTS_MAX + 1];
	uint8_t index;
	/* Set of the actors that synchronize_rcu() of the index waits for. */
	uint8_t waits;
	/* rc_index.writers */
	uint8_t writers[NR_BLOCKS];
	/* Content of the watched sector in the source. */
	uint8_t source;
	/* A value that nothing has. */
	uint8_t fresh;
	/* The invariant that does not hold, or NULL. */
	const char *violation;
};

/* States that differ in the names of actors, slots and values alone are equal here. */
struct packed {
	uint64_t word[3];
};

/* The parameters of one exploration. */
struct model {
	uint8_t nr_slots;
	bool is_write_through;
	/* The blocks have one counter in rc_index.writers. */
	bool is_shared;
	/* The block whose sector is watched. */
	uint8_t watched;
};

extern struct model model;

/* state_init() - Set *ret to an open, empty index without I/O. */
void state_init(struct state *ret);

/* state_pack() - Name actors, slots and values by one rule, and pack the state. */
struct packed state_pack(const struct state *state);

/* state_unpack() - Undo state_pack(), with the names that it gave. */
void state_unpack(const struct packed *packed, struct state *ret);

/* True if the actor is in an RCU read section. */
bool actor_is_in_rcu(const struct actor *actor);

/* True if the actor has pinned the index. */
bool actor_is_pinning(const struct actor *actor);

/* True if nobody waits for the actor any more. */
bool actor_has_ended(const struct actor *actor);

/* True if the actor's I/O has the watched sector. */
static inline bool actor_is_watched(const struct actor *actor)
{
	return actor->blocks >> model.watched & 1 && actor->part != PART_WITHOUT;
}

/* Return: the first block of the actor from @from on; NO_BLOCK if it has none. */
static inline uint8_t actor_block(const struct actor *actor, uint8_t from)
{
	while (from < NR_BLOCKS && !(actor->blocks >> from & 1))
		from++;
	return from;
}
