/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line on the terminal with the progress of a long step. */
#pragma once

#include "model/plan.h"
#include "sys/sys.h"

#include <pthread.h>

struct progress {
	struct sys *sys;
	bool enabled;
	bool waiting; /* the line of progress_wait() is drawn */

	/* The thread that draws the line. It runs between begin and end. */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* protects .step and .stop; sleeps with .wake */
	pthread_cond_t wake;
	const struct plan_step *step;
	bool stop;
};

/* progress_init() - Draw on stderr if it is a terminal and @wanted is true. */
void progress_init(struct progress *progress, struct sys *sys, bool wanted);
void progress_done(struct progress *progress);

/*
 * progress_wait() - Show that @step waits for its object. Call it repeatedly; NULL ends the
 * wait and erases the line.
 */
void progress_wait(struct progress *progress, const struct plan_step *step);

/*
 * progress_begin() - Start the line of @step. A step under half a second draws nothing.
 */
void progress_begin(struct progress *progress, const struct plan_step *step);

/* progress_end() - Erase the line before returning. */
void progress_end(struct progress *progress);
