/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "explore.h"

#include "steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE	  UINT32_MAX
#define NR_RECENT (1U << 15)

/* The states in the order in which they were found, and a hash table of their numbers. */
struct search {
	struct packed *packed;
	uint32_t *parent;
	uint32_t nr;
	uint32_t nr_max;
	/* Twice as many entries as states. Numbers of states plus 1; 0: unused. */
	uint32_t *bucket;
	/*
	 * States that were found last, by their hash. Most states are found several times in a
	 * row, and this is smaller than the caches of the processor.
	 */
	struct packed *recent;
	/* The state whose next states are visited. */
	uint32_t now;
	/* The state before the violation. */
	uint32_t found;
	const char *violation;
	int error;
};

static uint64_t hash(const struct packed *packed)
{
	uint64_t ret = packed->word[0] * 0x9e3779b97f4a7c15u;

	ret = (ret ^ ret >> 29 ^ packed->word[1]) * 0xbf58476d1ce4e5b9u;
	ret = (ret ^ ret >> 32 ^ packed->word[2]) * 0x94d049bb133111ebu;
	return ret ^ ret >> 31;
}

static bool is_same(const struct packed *a, const struct packed *b)
{
	return a->word[0] == b->word[0] && a->word[1] == b->word[1] &&
	       a->word[2] == b->word[2];
}

static uint32_t *search_bucket(const struct search *search, const struct packed *packed,
			       uint64_t hashed)
{
	uint32_t mask = 2 * search->nr_max - 1, at = hashed & mask;

	while (search->bucket[at] &&
	       !is_same(&search->packed[search->bucket[at] - 1], packed))
		at = (at + 1) & mask;
	return &search->bucket[at];
}

static void search_done(struct search *search)
{
	free(search->packed);
	free(search->parent);
	free(search->bucket);
	free(search->recent);
}

/* Double the room for states. Return: 0; -ENOMEM. */
static int search_grow(struct search *search)
{
	uint32_t nr_max = search->nr_max ? 2 * search->nr_max : 1U << 16, i;
	struct packed *packed =
		nr_max > NONE / 4
			? NULL
			: realloc(search->packed, (size_t)nr_max * sizeof(*packed));
	uint32_t *parent;

	if (!packed)
		return -ENOMEM;
	search->packed = packed;
	parent = realloc(search->parent, (size_t)nr_max * sizeof(*parent));
	if (!parent)
		return -ENOMEM;
	search->parent = parent;
	free(search->bucket);
	search->bucket = calloc(2 * (size_t)nr_max, sizeof(*search->bucket));
	if (!search->bucket)
		return -ENOMEM;
	search->nr_max = nr_max;
	for (i = 0; i < search->nr; i++)
		*search_bucket(search, &packed[i], hash(&packed[i])) = i + 1;
	return 0;
}

/* Add a state unless it is known. */
static void search_add(struct search *search, const struct state *state)
{
	struct packed packed = state_pack(state);
	uint64_t hashed = hash(&packed);
	struct packed *recent = &search->recent[hashed >> 32 & (NR_RECENT - 1)];
	uint32_t *bucket;

	if (is_same(recent, &packed))
		return;
	*recent = packed;
	if (search->nr == search->nr_max && !search->error)
		search->error = search_grow(search);
	if (search->error)
		return;
	bucket = search_bucket(search, &packed, hashed);
	if (*bucket)
		return;
	search->packed[search->nr] = packed;
	search->parent[search->nr] = search->now;
	*bucket = ++search->nr;
}

static void visit_new(struct walk *walk)
{
	struct search *search = walk->data;

	if (search->violation)
		return;
	if (walk->to.violation) {
		search->violation = walk->to.violation;
		search->found = search->now;
		return;
	}
	search_add(search, &walk->to);
}

static void visit_all(struct walk *walk)
{
	uint8_t i;

	for (i = 0; i < NR_ACTORS; i++) {
		read_steps(walk, i);
		write_steps(walk, i);
	}
	other_steps(walk);
}

/* The next step of a trace: a step from a state to one that is equal to @wanted. */
struct replay {
	/* NULL: to the violation. */
	const struct packed *wanted;
	struct state to;
	char text[200];
	bool is_found;
};

static void visit_replay(struct walk *walk)
{
	struct replay *replay = walk->data;
	struct packed packed;

	if (replay->is_found || !walk->to.violation != !!replay->wanted)
		return;
	if (replay->wanted) {
		packed = state_pack(&walk->to);
		if (!is_same(&packed, replay->wanted))
			return;
	}
	replay->is_found = true;
	replay->to = walk->to;
	memcpy(replay->text, walk->text, sizeof(replay->text));
}

/* Print the steps to the violation. The names of a state stay those of the state before. */
static void print_trace(const struct search *search, uint32_t depth, FILE *trace)
{
	uint32_t *path = malloc((depth + 1) * sizeof(*path)), i = depth, at;
	struct replay replay = { 0 };
	struct state from;
	struct walk walk = {
		.from = &from, .is_told = true, .visit = visit_replay, .data = &replay
	};

	if (!path)
		return;
	path[i] = NONE;
	for (at = search->found; i; at = search->parent[at])
		path[--i] = at;
	state_init(&from);
	for (i = 1; i <= depth; i++) {
		replay.is_found = false;
		replay.wanted = i < depth ? &search->packed[path[i]] : NULL;
		visit_all(&walk);
		(void)fprintf(trace, "#   %2u. %s\n", i,
			      replay.is_found ? replay.text
					      : "a step that does not exist");
		from = replay.to;
	}
	(void)fprintf(trace, "#   Violated: %s.\n", search->violation);
	free(path);
}

int explore(FILE *trace, struct exploration *ret)
{
	struct search search = { .now = NONE };
	uint32_t depth = 0, level_end = 1;
	struct state from;
	struct walk walk = { .from = &from, .visit = visit_new, .data = &search };

	search.recent = calloc(NR_RECENT, sizeof(*search.recent));
	if (!search.recent)
		return -ENOMEM;
	state_init(&from);
	search_add(&search, &from);
	for (search.now = 0; search.now < search.nr; search.now++) {
		if (search.now == level_end) {
			depth++;
			level_end = search.nr;
		}
		state_unpack(&search.packed[search.now], &from);
		visit_all(&walk);
		if (search.violation || search.error)
			break;
	}
	if (search.violation)
		depth++;
	if (search.violation && trace)
		print_trace(&search, depth, trace);
	*ret = (struct exploration){ .nr_states = search.nr,
				     .depth = depth,
				     .violation = search.violation };
	search_done(&search);
	return search.error;
}
