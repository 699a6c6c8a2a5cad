/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bodies of the status: pure functions of what is live and of what the status file says.
 */
#pragma once

#include "live/live.h"
#include "report/push_counts.h"
#include "report/status_doc.h"

struct view {
	struct live live;
	/* NULL: there is no status file that can be read, and @problem says why. */
	const struct status_doc *doc;
	const char *problem;
	const char *text; /* the file's own bytes, where @doc is not NULL */
	size_t text_len;
	struct push_counts push;
};

/*
 * Each returns 0 and *ret, the caller's to free, with a newline at its end; -ENOMEM.
 * Text of the kernel that is no UTF-8 is replaced.
 */

/* answer_metrics() - Prometheus' text format 0.0.4. Without a document: the live part. */
int answer_metrics(const struct view *view, char **ret);

/*
 * answer_health() - application/health+json. @ret_status: the HTTP status, 200 or 503.
 * fail: the last run could not do all that it should, or there is no document; warn: what
 * is live differs from what is wanted, the image is stale, a cache is switched off.
 */
int answer_health(const struct view *view, char **ret, unsigned int *ret_status);

/* answer_drift() - What is not as wanted. Needs a document. */
int answer_drift(const struct view *view, char **ret);

/* answer_live() - What is live, for the page. */
int answer_live(const struct view *view, char **ret);

/*
 * answer_overview() - The health, the drift and the report in one, for the page: what is not
 * there is null, and that is no error.
 */
int answer_overview(const struct view *view, char **ret);

/*
 * answer_problem() - `{"status": 503, "title": ..., "detail": ...}`, application/problem+json
 * (RFC 9457).
 */
int answer_problem(unsigned int status, const char *title, const char *detail,
		   char **ret);

/* The peer's JSON, see peer.c. -ENOENT from the statistics: there is no such cache. */
int peer_service_status(char **ret);
int peer_resources(const struct live *live, char **ret);
int peer_volumes(const struct live *live, char **ret);
int peer_cache_stats(const struct live *live, const char *name, char **ret);
int peer_targets(const struct live *live, char **ret);
int peer_ports(const struct live *live, char **ret);
