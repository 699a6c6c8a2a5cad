/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queue the new report of a target, send what waits, and note the outcome. */
#include "push/target.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "engine/observe.h"
#include "kind/export/export.h"
#include "kind/shown.h"
#include "push/http.h"
#include "push/payload.h"
#include "push/spool.h"
#include "report/metrics.h"
#include "report/status_file.h"
#include "sys/clock.h"
#include "sys/rundir.h"

#include <fcntl.h>
#include <sys/random.h>
#include <time.h>

/* The limits of one run; the next run sends the rest. */
#define TRIES		   3
#define TRY_BASE_MS	   1000
#define TRY_MAX_MS	   8000
#define RUN_MAX_MS	   240000
#define RUN_BACKOFF_MAX_MS 3600000
#define DAY_S		   86400
/* A report that the target rejects in this many runs is dropped, and lets the next one pass. */
#define REJECTIONS_MAX 3

static const struct {
	const char *method, *type;
} formats[] = {
	[PUSH_JSON] = { "POST", "application/json" },
	[PUSH_CLOUDEVENTS] = { "POST", "application/cloudevents+json; charset=utf-8" },
	[PUSH_PROMETHEUS] = { "PUT", "text/plain; version=0.0.4; charset=utf-8" },
};

struct run {
	const struct push_target *target;
	const struct kfs *kfs;
	const char *host;
	char *name; /* of the URL, without secrets */
	char boot_id[sizeof(((struct push_state *)0)->boot_id)]; /* when the run began */
	struct spool spool;
	uint64_t deadline_ms;
};

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static uint32_t random_number(void)
{
	uint32_t number = 0;

	/* Without randomness, the backoff is the shortest. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return 0;
	return number;
}

/* --- queueing --- */

static int queue_report(struct run *run, int rundir_fd, const char *file)
{
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_free_ char *text = NULL, *why = NULL;
	size_t len;
	int r = status_file_read(rundir_fd, file, &text, &len);

	/* No run yet, or an invalid file, which statusd reports. */
	if (r == 0)
		r = status_doc_parse(text, len, &doc, &why);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (doc.sequence == 0 ||
	    !push_state_see(&run->spool.state, run->boot_id,
			    doc.boot_id ? doc.boot_id : "", doc.sequence))
		return 0;
	return spool_queue(&run->spool, text, len, run->target->spool);
}

/* The report of the initramfs has a file of its own, which later runs do not overwrite. */
static int queue_new(struct run *run)
{
	_cleanup_close_ int rundir_fd =
		kfs_open(run->kfs, O_RDONLY | O_DIRECTORY, RUNDIR);
	int r;

	if (rundir_fd < 0)
		return 0;
	r = queue_report(run, rundir_fd, STATUS_FILE_INITRAMFS);
	return r < 0 ? r : queue_report(run, rundir_fd, STATUS_FILE);
}

/* --- sending --- */

static bool can_wait(const struct run *run, uint64_t ms)
{
	return clock_now_ms() + ms + run->target->timeout <= run->deadline_ms;
}

/* Send, with retries. Return: 0; -EAGAIN and the reason in *ret; -ENOMEM. */
static int send_patiently(const struct run *run, const struct http_message *message,
			  struct http_result *ret)
{
	for (uint64_t try = 1;; try++) {
		uint64_t wait_ms;
		int r = http_send(run->target, message, ret);

		if (r < 0 || ret->outcome == HTTP_TAKEN)
			return r;
		wait_ms = push_backoff_ms(try, TRY_BASE_MS, TRY_MAX_MS, random_number());
		if (ret->retry_after_ms > wait_ms)
			wait_ms = ret->retry_after_ms;
		if (ret->outcome != HTTP_AGAIN || try == TRIES || !can_wait(run, wait_ms))
			return -EAGAIN;
		clock_sleep_ms(wait_ms);
	}
}

/* Schedule the next attempt: with backoff, and not before Retry-After. */
static int note_failure(struct run *run, const struct http_result *result)
{
	struct push_state *state = &run->spool.state;
	uint64_t wait_ms;
	int r;

	state->failures++;
	wait_ms = push_backoff_ms(state->failures, run->target->interval,
				  RUN_BACKOFF_MAX_MS, random_number());
	if (result->retry_after_ms > wait_ms)
		wait_ms = result->retry_after_ms;
	if (wait_ms > (uint64_t)DAY_S * 1000)
		wait_ms = (uint64_t)DAY_S * 1000;
	state->not_before = now_s() + (int64_t)(wait_ms / 1000);
	log_error("cannot push to '%s': %s; %zu reports wait", run->name, result->why,
		  run->spool.items.count);
	r = spool_save(&run->spool);
	return r < 0 ? r : -EAGAIN;
}

static void note_success(struct push_state *state)
{
	state->failures = 0;
	state->not_before = 0;
	state->sent_at = now_s();
}

/*
 * Drop the oldest report if the target has rejected it often enough: it would keep all later
 * reports from being sent. Return: 0 if it was dropped; -EAGAIN: it stays; -errno.
 */
static int drop_rejected(struct run *run)
{
	const struct spool_item *item = &run->spool.items.items[0];
	struct push_state *state = &run->spool.state;

	if (state->rejected != item->number || state->rejections < REJECTIONS_MAX)
		return -EAGAIN;
	log_error("'%s' rejected report %s %d times; the report is dropped", run->name,
		  item->id, REJECTIONS_MAX);
	return spool_drop(&run->spool);
}

/* Drop the oldest report if its file is damaged, for the same reason. Return: 0 or -errno. */
static int drop_damaged(struct run *run, int error)
{
	if (error != -EBADMSG && error != -EFBIG)
		return error;
	log_error("report %s for '%s' is damaged on the disk; the report is dropped",
		  run->spool.items.items[0].id, run->name);
	return spool_drop(&run->spool);
}

/* @number: of the report in the spool; 0: the message is no report. */
static int send_message(struct run *run, struct http_message *message, uint64_t number)
{
	struct http_result result;
	int r;

	message->method = formats[run->target->format].method;
	message->type = formats[run->target->format].type;
	r = send_patiently(run, message, &result);
	if (r == -EAGAIN && result.outcome == HTTP_REJECTED && number)
		push_state_reject(&run->spool.state, number);
	if (r == -EAGAIN)
		return note_failure(run, &result);
	if (r == 0)
		note_success(&run->spool.state);
	return r;
}

static int send_first(struct run *run)
{
	const struct spool_item *item = &run->spool.items.items[0];
	struct http_message message = { .id = item->id };
	_cleanup_free_ char *text = NULL, *event = NULL;
	int r = spool_read(&run->spool, item, &text, &message.len);

	if (r == 0 && run->target->format == PUSH_CLOUDEVENTS)
		r = payload_event(text, message.len, item->id, run->host, &event);
	if (r < 0)
		return drop_damaged(run, r);
	message.body = event ? event : text;
	if (event)
		message.len = strlen(event);
	r = send_message(run, &message, item->number);
	if (r == -EAGAIN)
		return drop_rejected(run);
	return r < 0 ? r : spool_sent(&run->spool);
}

static int send_waiting(struct run *run)
{
	int r = 0;

	/* Try the first report whatever the timeout is. Otherwise no report would ever go. */
	if (run->spool.items.count > 0)
		r = send_first(run);
	while (r == 0 && run->spool.items.count > 0 && can_wait(run, 0))
		r = send_first(run);
	return r;
}

/* --- metrics --- */

static int make_metrics(const struct kfs *kfs, char **ret)
{
	_cleanup_close_ int rundir_fd = kfs_open(kfs, O_RDONLY | O_DIRECTORY, RUNDIR);
	_cleanup_(status_doc_done) struct status_doc doc = { 0 };
	_cleanup_(model_done) struct model observed = { 0 };
	struct metrics_source source = { .observed = &observed,
					 .classes = shown_classes };
	_cleanup_free_ char *text = NULL, *why = NULL;
	struct sys sys = { .kfs = *kfs };
	size_t len;
	int r;

	observe_unprivileged(&sys, LOOK_FOR_METRICS);
	r = observe_shown(&sys, &observed);
	if (r < 0)
		return r;
	if (rundir_fd >= 0 &&
	    status_file_read(rundir_fd, STATUS_FILE, &text, &len) == 0 &&
	    status_doc_parse(text, len, &doc, &why) == 0) {
		source.doc = &doc;
		status_doc_set_connections(&doc, &export_class, EXPORT_CONNECTIONS,
					   &observed);
	}
	return metrics_to_text(&source, ret);
}

/* Send the current metrics. Older metrics are worthless, so they are not queued. */
static int send_metrics(struct run *run)
{
	_cleanup_free_ char *text = NULL;
	struct http_message message = { 0 };
	int r;

	if (now_s() - run->spool.state.sent_at <
		    (int64_t)(run->target->interval / 1000) &&
	    run->spool.state.sent_at <= now_s())
		return 0;
	r = make_metrics(run->kfs, &text);
	if (r < 0)
		return r;
	message.body = text;
	message.len = strlen(text);
	r = send_message(run, &message, 0);
	if (r < 0)
		return r;
	run->spool.state.sent++;
	run->spool.state.queued++;
	return spool_save(&run->spool);
}

/* --- the run --- */

static bool is_early(const struct push_state *state)
{
	/* A clock that was set back must not prevent all attempts. */
	return state->not_before > now_s() && state->not_before - now_s() <= DAY_S;
}

static int push(struct run *run)
{
	int queued = 0, sent = 0;

	if (run->target->format != PUSH_PROMETHEUS)
		queued = queue_new(run);
	/* A failure to queue, as on a full disk, does not stop the queued reports. */
	if (!is_early(&run->spool.state))
		sent = run->target->format == PUSH_PROMETHEUS ? send_metrics(run)
							      : send_waiting(run);
	return queued < 0 ? queued : sent;
}

static int directory_name(const struct push_target *target, char ret[static SPOOL_ID_LEN])
{
	_cleanup_free_ char *key = NULL;
	int r = str_format(&key, "%d %s", target->format, target->url);

	if (r == 0)
		spool_id(key, strlen(key), ret);
	return r;
}

int target_push(const struct push_target *target, const struct kfs *kfs, int directory_fd,
		const char *host)
{
	struct run run = {
		.target = target,
		.kfs = kfs,
		.host = host,
		.deadline_ms = clock_now_ms() + RUN_MAX_MS,
	};
	char directory[SPOOL_ID_LEN];
	int r = payload_target_name(target->url, &run.name);

	if (r == 0)
		r = directory_name(target, directory);
	if (r == 0)
		r = spool_open(&run.spool, directory_fd, directory);
	if (r == 0) {
		memcpy(run.boot_id, run.spool.state.boot_id, sizeof(run.boot_id));
		r = push(&run);
		spool_close(&run.spool);
	}
	if (r < 0 && r != -EAGAIN)
		log_error("cannot push to '%s': %s", run.name ? run.name : "?",
			  r == -EWOULDBLOCK ? "another run holds the spool"
					    : strerror(-r));
	free(run.name);
	return r;
}

int target_count(const struct push_target *target, int directory_fd,
		 struct push_count *ret)
{
	struct push_count count = { 0 };
	char directory[SPOOL_ID_LEN];
	struct spool spool;
	int r = directory_name(target, directory);

	if (r == 0)
		r = spool_open(&spool, directory_fd, directory);
	if (r != 0)
		return r;
	count.waiting = spool.items.count;
	count.sent = spool.state.sent;
	count.dropped = push_state_dropped(&spool.state, spool.items.count);
	spool_close(&spool);
	r = payload_target_name(target->url, &count.target);
	if (r == 0)
		*ret = count;
	return r;
}
