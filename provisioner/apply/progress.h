/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line on the terminal that tells how far a long step is. */
#pragma once

#include "model/plan.h"
#include "sys/sys.h"

#include <pthread.h>

struct progress {
	struct sys *sys;
	bool enabled;
	bool waiting; /* a line of progress_wait() stands there */

	/* The thread that draws the line; running only between begin and end. */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock; /* protects .step and .stop; sleeps with .wake */
	pthread_cond_t wake;
	const struct plan_step *step;
	bool stop;
};

/* progress_init() - Draws on stderr, if that is a terminal and @wanted. */
void progress_init(struct progress *progress, struct sys *sys, bool wanted);
void progress_done(struct progress *progress);

/*
 * progress_wait() - @step waits until nobody uses its object; to be called again and
 * again. NULL: the waiting is over, and the line goes.
 */
void progress_wait(struct progress *progress, const struct plan_step *step);

/*
 * progress_begin() - @step starts now. A step of less than half a second draws nothing.
 */
void progress_begin(struct progress *progress, const struct plan_step *step);

/* progress_end() - The step is over: the line is gone when it returns. */
void progress_end(struct progress *progress);
