/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Draw and erase the line of a long step, in a thread while the step runs. */
#include "apply/progress.h"

#include "base/units.h"
#include "base/visible.h"
#include "kind/kinds.h"
#include "sys/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_MS 500
#define NEXT_MS	 200

static const char *const doing[] = {
	[PLAN_CREATE] = "creating",   [PLAN_UPDATE] = "changing",
	[PLAN_REPLACE] = "replacing", [PLAN_REMOVE] = "removing",
	[PLAN_ADOPT] = "adopting",    [PLAN_RELEASE] = "releasing",
};

static void draw(struct progress *p, uint64_t since_ms)
{
	const struct obj *obj = plan_step_obj(p->step);
	const struct kind *kind = kind_of(obj->class);
	char done_text[UNITS_SIZE_MAX], total_text[UNITS_SIZE_MAX];
	uint64_t done, total;

	fputs("\r\033[K", stderr);
	visible_print(stderr, "%s %s: %s, %" PRIu64 " s", obj->class->name, obj_name(obj),
		      doing[p->step->action], (clock_now_ms() - since_ms) / 1000);
	if (kind->acts.progress && kind->acts.progress(p->sys, &done, &total) == 0 &&
	    total > 0)
		fprintf(stderr, ", %s of %s (%u%%)",
			units_format_size_approx(done, done_text),
			units_format_size_approx(total, total_text),
			(unsigned int)((double)done * 100 / (double)total));
	fflush(stderr);
}

static void wait_for(struct progress *p, long ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!p->stop)
		if (pthread_cond_timedwait(&p->wake, &p->lock, &until) != 0)
			break;
}

static void *run(void *data)
{
	struct progress *p = data;
	uint64_t since_ms = clock_now_ms();
	bool drawn = false;

	pthread_mutex_lock(&p->lock);
	wait_for(p, FIRST_MS);
	while (!p->stop) {
		draw(p, since_ms);
		drawn = true;
		wait_for(p, NEXT_MS);
	}
	pthread_mutex_unlock(&p->lock);
	if (drawn)
		fputs("\r\033[K", stderr);
	return NULL;
}

void progress_init(struct progress *progress, struct sys *sys, bool wanted)
{
	pthread_condattr_t attr;

	*progress = (struct progress){
		.sys = sys,
		.enabled = wanted && isatty(STDERR_FILENO),
	};
	if (!progress->enabled)
		return;
	pthread_mutex_init(&progress->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&progress->wake, &attr);
	pthread_condattr_destroy(&attr);
}

void progress_done(struct progress *progress)
{
	progress_end(progress);
	if (!progress->enabled)
		return;
	pthread_cond_destroy(&progress->wake);
	pthread_mutex_destroy(&progress->lock);
	progress->enabled = false;
}

void progress_wait(struct progress *progress, const struct plan_step *step)
{
	if (!progress->enabled)
		return;
	if (step || progress->waiting)
		fputs("\r\033[K", stderr);
	if (step)
		visible_print(stderr, "%s %s: waiting: %s",
			      plan_step_obj(step)->class->name,
			      obj_name(plan_step_obj(step)), step->blocked);
	progress->waiting = step != NULL;
	fflush(stderr);
}

void progress_begin(struct progress *progress, const struct plan_step *step)
{
	if (!progress->enabled)
		return;
	progress->step = step;
	progress->stop = false;
	/* Without a thread no line is drawn. Everything else works. */
	progress->running = pthread_create(&progress->thread, NULL, run, progress) == 0;
}

void progress_end(struct progress *progress)
{
	if (!progress->running)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->stop = true;
	pthread_cond_signal(&progress->wake);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	progress->running = false;
}
