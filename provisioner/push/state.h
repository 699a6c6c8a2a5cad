/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rapiddisk-push remembers of a target. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct push_state {
	char boot_id[40]; /* of the newest report that was queued, with its number */
	uint64_t sequence;
	uint64_t queued;    /* reports ever queued; also the number of the newest */
	uint64_t sent;	    /* reports that the target took */
	uint64_t last_sent; /* the number of the newest of them */
	uint64_t missed;    /* reports that were overwritten before they were seen */
	uint64_t failures;  /* attempts in a row */
	int64_t not_before; /* Unix time, s: no attempt earlier */
	int64_t sent_at;    /* Unix time, s, of the last success; 0: none */
};

/*
 * push_state_parse() - Return: 0; -EBADMSG, and *ret is all zeroes; -ENOMEM.
 */
int push_state_parse(const char *text, size_t len, struct push_state *ret);
/* push_state_to_json() - Return: 0 and *ret, the caller's to free; -ENOMEM. */
int push_state_to_json(const struct push_state *state, char **ret);

/*
 * push_state_dropped() - Reports that were given up: missed, or gone from the spool without
 * having been sent. @waiting: how many are in the spool.
 */
uint64_t push_state_dropped(const struct push_state *state, uint64_t waiting);

/*
 * push_state_see() - A report of this @boot_id and number comes: is it new? Counts those in
 * between that nobody saw as missed. Return: 1 if it is new, else 0.
 */
int push_state_see(struct push_state *state, const char *boot_id, uint64_t sequence);

/*
 * push_backoff_ms() - How long to wait after so many failures in a row: from @base_ms on
 * doubled each time up to @max_ms, and of that a random share of a half to all, so that a
 * fleet does not come back all at once. @random: any number.
 */
uint64_t push_backoff_ms(uint64_t failures, uint64_t base_ms, uint64_t max_ms,
			 uint32_t random);
