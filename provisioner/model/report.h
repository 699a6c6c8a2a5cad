/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run did, object by object. One struct for text, JSON, /run, HTTP and push. */
#pragma once

#include "base/vec.h"
#include "model/plan.h"

#include <stdint.h>

#define REPORT_SCHEMA_VERSION 1

enum report_result {
	RESULT_UNCHANGED, /* was as wanted */
	RESULT_PENDING,	  /* would be done (dry run) */
	RESULT_DONE,
	RESULT_BLOCKED,	 /* not tried, .reason says why */
	RESULT_FAILED,	 /* tried, .error and .message say what happened */
	RESULT_SKIPPED,	 /* not tried, for something it needs failed */
	RESULT_DEFERRED, /* not tried, it is for the next boot; .reason says how */
};

/* What a field is to be, as the file would say it. */
struct report_value {
	const char *field; /* its name, the class's */
	char *text;
};

struct report_entry {
	const struct obj_class *class;
	char *name;
	enum plan_action action;
	enum report_result result;
	int error;	/* 0 or a negative errno */
	char *message;	/* what happened, or NULL */
	char *reason;	/* why it was not done, or NULL */
	char **changes; /* NULL-terminated triples: field, from (may be ""), to; or NULL
			 */
	struct report_value *wanted; /* up to one without a field; NULL: nothing is */
};

/* As the run found it. */
struct report_connections {
	char *export;
	uint64_t count; /* controllers of initiators */
};

enum report_verdict {
	VERDICT_CONVERGED,
	VERDICT_CHANGED,
	VERDICT_PARTIAL,
	VERDICT_FAILED
};

struct report {
	uint64_t sequence; /* of the saved reports of this boot, from 1; 0: not saved */
	char *boot_id;
	const char *stage; /* "initramfs", "local", "network" or "system" */
	char *config_path, *config_sha256;
	char *started_at, *finished_at; /* RFC 3339, UTC */
	enum report_verdict verdict;
	char *message; /* for VERDICT_FAILED: what failed as a whole; else NULL */
	/* Of the initramfs image: "current", "stale" or "missing", and what to do; NULL:
	 * none is needed. */
	const char *image;
	const char *image_hint;
	VEC(struct report_entry) entries;
	VEC(struct report_connections)
	connections; /* of exports of which that is known */
};

/* report_entry_done() - Free what the entry holds. */
void report_entry_done(struct report_entry *entry);
void report_done(struct report *report);

/* report_verdict_name() - "converged", "changed", "partial", "failed". */
const char *report_verdict_name(enum report_verdict verdict);
/*
 * report_result_name() - "unchanged", "pending", "done", "blocked", "failed", "skipped",
 * "deferred".
 */
const char *report_result_name(enum report_result result);

/*
 * report_judge() - Set the verdict from the entries: converged when all are unchanged,
 * changed when all that was wanted is done (or, of a dry run, pending), else partial.
 * What is deferred to the next boot counts as neither.
 */
void report_judge(struct report *report);
