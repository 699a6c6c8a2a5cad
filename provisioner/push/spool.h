/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What waits to be sent to one target: a folder with a file for each report, named
 * NUMBER-ID.json, and state.json.
 *
 * Every change is one rename or one unlink, and is on the disk before the next. Killed
 * anywhere, the next run finds each report either waiting, or counted as sent or dropped:
 *
 *	queue	the file comes first, then the state that counts it. A file that the state
 *		does not count yet was never tried, and is queued again in its place.
 *	sent	the state that counts it comes first, then the file goes. A file that the
 *		state counts as sent only goes.
 *	drop	the file goes; what was queued and is neither there nor sent, was dropped.
 *
 * Between the target's answer and the state, a kill makes the report go out once more, with
 * the same id.
 */
#pragma once

#include "base/vec.h"
#include "push/state.h"

#define SPOOL_ID_LEN 33 /* hexadecimal digits and NUL */

struct spool_item {
	uint64_t number;
	char id[SPOOL_ID_LEN];
};

struct spool {
	int dir_fd, lock_fd;
	struct push_state state;
	VEC(struct spool_item) items; /* oldest first */
};

/*
 * spool_open() - Open, or make, the folder @name below @parent_fd, and lock it.
 * Return: 0, and free with spool_close(); -EWOULDBLOCK: another run has it; -errno.
 */
int spool_open(struct spool *spool, int parent_fd, const char *name);
void spool_close(struct spool *spool);

/* spool_id() - Of a report: by its content. */
void spool_id(const char *text, size_t len, char ret[static SPOOL_ID_LEN]);

/*
 * spool_queue() - Put a report, which state has seen, at the end. Then, beyond @max, the
 * oldest ones go. Return: 0 or -errno.
 */
int spool_queue(struct spool *spool, const char *text, size_t len, uint64_t max);

/* spool_read() - Of an item. Return: 0 and *ret, the caller's to free; -errno. */
int spool_read(const struct spool *spool, const struct spool_item *item, char **ret,
	       size_t *ret_len);

/* spool_sent() - The oldest one was taken. Return: 0 or -errno. */
int spool_sent(struct spool *spool);

/* spool_save() - Write the state. Return: 0 or -errno; the old one stays then. */
int spool_save(struct spool *spool);
