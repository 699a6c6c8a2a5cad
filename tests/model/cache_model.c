/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cache-model [--slots=N] [--show=GUARD|all]
 *
 * Check the invariant of modules/rapiddisk-cache/cache_types.h in all states of a model: two
 * blocks, three actors (a read, write or discard each, again and again), N slots (3), evictions,
 * the messages drop, bypass and resize, and suspend. Then leave out one guard after the other, and
 * check that a sequence of steps violates the invariant. Print the shortest one for GUARD
 * (through-count). Print a line for each check, and last `N passed, N failed`.
 * Exit: 0; 1 if a check failed; 64 usage.
 *
 * The invariant, in the model:
 *
 *   - A read returns a value that the source had at some moment between the read's begin and
 *     its end. Hence I/O is linearizable: a write takes effect when the source executes it.
 *   - While no write to a block is in flight, a VALID slot has the source's content, even if a
 *     write failed. With all guards that holds during writes, too, while new I/O finds the index.
 *   - An index or a page is not freed while anybody uses it.
 *   - With all guards, in addition: a block has one slot at most, and the state of a slot and the
 *     counters of writers agree with the I/O in flight.
 *
 * A step is what a hold of rc_index.lock does, a lookup, a copy, or an action of the source. A hold
 * in the model has one block where the module has up to RC_HOLD_BLOCKS or RC_BATCH. The next step is
 * anybody's. The source executes a request at any moment until its end. A write that fails is
 * executed or not in each sector.
 *
 * The model follows the content of one sector of one block, which it watches; the rest of the
 * block may have changed or not. That is no restriction: the invariant says something about each
 * sector, and no decision of the module depends on content. A run watches the one block and
 * then the other, since a request works through its blocks in order. Values have no end: they are
 * renamed in each state. A page that is freed contains garbage. States that differ in the names of
 * actors, slots and values alone are one state.
 *
 * Memory may run out at any time: then a write is tracked instead of a write-through, and a read
 * goes to the source as it is. Such a read does not touch the cache, and has no step of its own.
 *
 * The model has no memory ordering (each step sees the effect of all earlier ones), no hash chains
 * (hash.h), no queues and ghosts (evict.c), no lists of slots, and no pages apart from their slots.
 * Device-mapper drains all I/O before a suspend. An eviction is a step of nobody's. RCU is a set of
 * the read sections that a grace period waits for.
 *
 * A change of the module needs the same change here:
 *
 *   module                                       model
 *   read.c: rc_map_read, rc_read_cached          read.c: read_begin, read_lookup, read_copy
 *   read.c: rc_fill_take, rc_fill_add            read.c: read_missed, read_add
 *   read.c: rc_end_fill, rc_fill_finish          read.c: fill_sent
 *   read.c: rc_fill_publish                      read.c: fill_publish
 *   write.c: rc_map_write                        write.c: write_begin, write_index
 *   write.c: rc_track_begin, rc_end_tracked      write.c: write_counted, write_end
 *   write.c: rc_range_begin, rc_end_range        write.c: write_range, write_drop, write_end
 *   write.c: rc_write_through_begin              write.c: through_begin, through_next
 *   write.c: rc_write_through_add                write.c: through_add
 *   write.c: rc_write_copy                       write.c: through_copy
 *   write.c: rc_end_write_through                write.c: write_end, through_end
 *   write.c: rc_write_through_publish            write.c: through_publish
 *   write.c: rc_end_untracked                    write.c: write_untracked, write_end
 *   index.c: rc_index_add, ..., invalidate       index.c: the same names
 *   index.c: rc_index_drop                       write.c: write_drop; other.c: drop
 *   index.c: rc_index_clear                      other.c: clear
 *   track.h: rc_tracked_run                      index.c: is_tracked
 *   slots.h: rc_slot_retire; slots.c             index.c: slot_retire; walk.c: end_grace_periods
 *   slots.c: rc_evict; shrink.c                  other.c: evict
 *   cache.c: rc_cache_close, rc_cache_open       other.c: close_index, open_index
 *   target.c: rc_postsuspend                     other.c: suspend
 */
#include "explore.h"
#include "guards.h"
#include "state.h"

#include "base/macro.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

/* The guard whose counterexample is printed unless --show names another one. */
#define SHOWN_GUARD "through-count"

static unsigned int nr_passed, nr_failed;

static void count(bool is_good)
{
	(void)printf("%s ", is_good ? "ok" : "not ok");
	if (is_good)
		nr_passed++;
	else
		nr_failed++;
}

/* Explore, and print why that failed. Return: false if it failed. */
static bool try_explore(FILE *trace, struct exploration *ret)
{
	int r = explore(trace, ret);

	if (r == 0)
		return true;
	count(false);
	(void)printf("the model has more states than memory: %s\n", strerror(-r));
	return false;
}

static void print_model(const struct exploration *found)
{
	(void)printf("write-%s, sector of block %u%s: %u states, %u steps deep",
		     model.is_write_through ? "through" : "around", model.watched,
		     model.is_shared ? ", one counter for both blocks" : "",
		     found->nr_states, found->depth);
}

/* Check the model with all guards. */
static void check_all(void)
{
	struct exploration found;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		model.watched = i & 1;
		model.is_write_through = i / 2 != 1;
		model.is_shared = i / 2 == 2;
		if (!try_explore(stdout, &found))
			continue;
		count(!found.violation && found.nr_states > 1);
		print_model(&found);
		(void)printf(": %s\n", found.violation ?: "the invariant holds");
		(void)fflush(stdout);
	}
	model.is_shared = false;
}

/* Check that a guard is needed, or is not. */
static void check_without(const struct guard_row *row, bool is_shown)
{
	struct exploration found;

	model.is_write_through = true;
	model.watched = row->watched;
	guard_removed = (enum guard)(row - guard_rows);
	if (is_shown)
		(void)printf("# without '%s' (%s):\n", row->text, row->place);
	if (try_explore(is_shown ? stdout : NULL, &found)) {
		count(!found.violation == !!row->spare && found.nr_states > 1);
		(void)printf("without %s (%s): ", row->name, row->place);
		if (found.violation)
			(void)printf("%u steps, %u states: %s\n", found.depth,
				     found.nr_states, found.violation);
		else
			(void)printf("the invariant holds in %u states%s%s\n",
				     found.nr_states, row->spare ? ": " : "",
				     row->spare ?: "");
		(void)fflush(stdout);
	}
	guard_removed = NR_GUARDS;
}

static bool parse(int argc, char **argv, const char **ret_shown)
{
	static const struct option options[] = {
		{ "slots", required_argument, NULL, 'n' },
		{ "show", required_argument, NULL, 's' },
		{ 0 },
	};
	long nr;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'n') {
			nr = strtol(optarg, NULL, 10);
			if (nr < NR_BLOCKS || nr > SLOTS_MAX)
				return false;
			model.nr_slots = (uint8_t)nr;
		} else if (c == 's') {
			*ret_shown = optarg;
		} else {
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	const char *shown = SHOWN_GUARD;
	unsigned int i;

	if (!parse(argc, argv, &shown)) {
		(void)fprintf(stderr, "usage: %s [--slots=2..%d] [--show=GUARD|all]\n",
			      argv[0], SLOTS_MAX);
		return 64;
	}
	check_all();
	for (i = 0; i < NR_GUARDS; i++)
		check_without(&guard_rows[i],
			      streq(shown, "all") || streq(shown, guard_rows[i].name));
	(void)printf("%u passed, %u failed\n", nr_passed, nr_failed);
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
