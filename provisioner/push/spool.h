/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The spool of a target: a directory with a file for each unsent report, named
 * NUMBER-ID.json, and state.json.
 *
 * Every change is one rename or one unlink, which is synced before the next change. After a
 * kill at any point, each report is either queued, or counted as sent or dropped:
 *
 *	queue	The file is written before the state that counts it. A file that the state
 *		does not count was never tried. recover() deletes it; its report is queued
 *		again.
 *	sent	The state that counts the report is written before the file is deleted.
 *		recover() deletes a file that the state counts as sent.
 *	drop	The file is deleted. A queued report without a file that was not sent counts
 *		as dropped.
 *
 * After a kill between the response of the target and the state, the report is sent again
 * with the same id.
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
 * spool_open() - Open the directory @name below @parent_fd, create it if needed, and lock it.
 * Return: 0, and free with spool_close(); -EWOULDBLOCK: another run holds it; -EPERM:
 * other users can write to it; -errno.
 */
int spool_open(struct spool *spool, int parent_fd, const char *name);
void spool_close(struct spool *spool);

/* spool_id() - Return the id of a report, a digest of its content. */
void spool_id(const char *text, size_t len, char ret[static SPOOL_ID_LEN]);

/*
 * spool_queue() - Append a report that push_state_see() found new. If more than @max reports
 * are queued, drop the oldest. Return: 0 or -errno.
 */
int spool_queue(struct spool *spool, const char *text, size_t len, uint64_t max);

/* spool_read() - Read a report. Return: 0 and *ret, the caller's to free; -errno. */
int spool_read(const struct spool *spool, const struct spool_item *item, char **ret,
	       size_t *ret_len);

/* spool_sent() - Count the oldest report as sent and delete it. Return: 0 or -errno. */
int spool_sent(struct spool *spool);

/* spool_drop() - Delete the oldest report, which counts as dropped. Return: 0 or -errno. */
int spool_drop(struct spool *spool);

/* spool_save() - Write the state. Return: 0; -errno: the old state stays. */
int spool_save(struct spool *spool);
