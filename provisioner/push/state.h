/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a target between two runs. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct push_state {
	char boot_id[40]; /* of the newest queued report, with its number */
	uint64_t sequence;
	uint64_t queued;     /* reports ever queued, and the number of the newest */
	uint64_t sent;	     /* reports that the target accepted */
	uint64_t last_sent;  /* the number of the newest sent report */
	uint64_t missed;     /* reports that were overwritten before a run saw them */
	uint64_t failures;   /* failed attempts in a row */
	int64_t not_before;  /* Unix time, s, of the next attempt */
	int64_t sent_at;     /* Unix time, s, of the last success; 0: never */
	uint64_t rejected;   /* the number of the report that the target rejected last */
	uint64_t rejections; /* of that report, in a row */
};

/*
 * push_state_parse() - Return: 0; -EBADMSG, and *ret is all zeroes; -ENOMEM.
 */
int push_state_parse(const char *text, size_t len, struct push_state *ret);
/* push_state_to_json() - Return: 0 and *ret, the caller's to free; -ENOMEM. */
int push_state_to_json(const struct push_state *state, char **ret);

/*
 * push_state_dropped() - Count the reports that were missed or dropped from the spool.
 * @waiting: the number of reports in the spool.
 */
uint64_t push_state_dropped(const struct push_state *state, uint64_t waiting);

/*
 * push_state_see() - Note the report @sequence of the boot @boot_id, and count skipped ones
 * as missed. Return: 1 if the report is new, otherwise 0.
 * @known_boot_id: .boot_id when this run began. In another boot, no report counts as missed:
 * the first run comes after the network, and several reports before it are usual.
 */
int push_state_see(struct push_state *state, const char *known_boot_id,
		   const char *boot_id, uint64_t sequence);

/* push_state_reject() - Count a rejection of the report @number. Return the count. */
uint64_t push_state_reject(struct push_state *state, uint64_t number);

/*
 * push_backoff_ms() - Return the wait after @failures in a row: @base_ms, doubled each time
 * up to @max_ms, times a random share of 50 to 100 %, so that a fleet does not retry all
 * at once. @random: any number.
 */
uint64_t push_backoff_ms(uint64_t failures, uint64_t base_ms, uint64_t max_ms,
			 uint32_t random);
