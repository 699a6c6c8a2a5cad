/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bodies of the status: pure functions of the observed objects and the status file. */
#pragma once

#include "model/model.h"
#include "report/push_counts.h"
#include "report/status_doc.h"

/* A disk of the machine, as the peer's list of resources has it. */
struct view_volume {
	char *name;
	uint64_t size_bytes;
	char *vendor, *model; /* NULL: it has none */
};

/* The parts of a view that a body may need. */
enum view_part {
	VIEW_DOC = 1 << 0,
	VIEW_OBJECTS = 1 << 1,
	VIEW_METRICS = 1 << 2, /* objects with the fields that are metrics; push counts */
	VIEW_MEMORY = 1 << 3,
	VIEW_VOLUMES = 1 << 4,
};

struct view {
	struct model observed;			/* sorted */
	const struct obj_class *const *classes; /* of the objects; NULL-terminated */
	uint64_t ram_bytes, free_bytes;
	VEC(struct view_volume) volumes;
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

/* answer_metrics() - Write Prometheus' text format 0.0.4. The document may be missing. */
int answer_metrics(const struct view *view, char **ret);

/*
 * answer_health() - application/health+json. @ret_status: the HTTP status, 200 or 503.
 * fail: the last run could not do all that it should, or there is no document; warn: what
 * is live differs from what is wanted, the image is stale, a cache is switched off.
 */
int answer_health(const struct view *view, char **ret, unsigned int *ret_status);

/* answer_drift() - What is not as wanted. Needs a document. */
int answer_drift(const struct view *view, char **ret);

/* answer_live() - Write the observed objects, for the page. */
int answer_live(const struct view *view, char **ret);

/*
 * answer_fields() - Describe the members of the objects of answer_live() by their rows. The
 * answer depends on the program alone.
 */
int answer_fields(const struct view *view, char **ret);

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
int peer_resources(const struct view *view, char **ret);
int peer_volumes(const struct view *view, char **ret);
int peer_cache_stats(const struct view *view, const char *name, char **ret);
int peer_targets(const struct view *view, char **ret);
int peer_ports(const struct view *view, char **ret);

/* --- shared by the files of views/ --- */

/* view_class() - Return the class of the name @name; NULL: the view has none. */
const struct obj_class *view_class(const struct view *view, const char *name);

/* view_list() - Return the objects of the class of that name, as model_list(). */
struct obj *const *view_list(const struct view *view, const char *class,
			     size_t *ret_count);

/* view_number() - Return metric_value() of the field of that name; 0 if it has none. */
uint64_t view_number(const struct obj *obj, const char *field);

/* view_text() - Return metric_label() of the field of that name. */
const char *view_text(const struct obj *obj, const char *field);

/* view_field() - Return the index of the field of that name, which the class has. */
unsigned int view_field(const struct obj_class *class, const char *name);
