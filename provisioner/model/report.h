/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outcome of a run, per object. Text, JSON, /run, HTTP and push all print this struct. */
#pragma once

#include "base/vec.h"
#include "model/plan.h"

#include <stdint.h>

#define REPORT_SCHEMA_VERSION 1

enum report_result {
	RESULT_UNCHANGED, /* was in sync */
	RESULT_PENDING,	  /* to be done (dry run) */
	RESULT_DONE,
	RESULT_BLOCKED,	 /* not tried; .reason has the reason */
	RESULT_FAILED,	 /* tried; .error and .message have the error */
	RESULT_SKIPPED,	 /* not tried, because an object that it uses failed */
	RESULT_DEFERRED, /* takes effect at the next boot; .reason says how */
};

/* The desired value of a field, as YAML. */
struct report_value {
	const char *field; /* name of the field, owned by the class */
	char *text;
};

struct report_entry {
	const struct obj_class *class;
	char *name;
	enum plan_action action;
	enum report_result result;
	int error;	/* 0 or a negative errno */
	char *message;	/* the error, or NULL */
	char *reason;	/* why the step was not executed, or NULL */
	char **changes; /* NULL-terminated triples: field, from (may be ""), to; or NULL
			 */
	struct report_value *wanted; /* terminated by .field NULL; NULL: no value */
};

/* The connections to an export when the run observed it. */
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
	char *message; /* for VERDICT_FAILED: the error of the whole run; otherwise NULL */
	/* State of the initramfs image ("current", "stale", "missing") and the remedy; NULL:
	 * no image is needed. */
	const char *image;
	const char *image_hint;
	VEC(struct report_entry) entries;
	VEC(struct report_connections)
	connections; /* of the exports whose connections are known */
};

/* report_entry_done() - Free the contents of the entry. */
void report_entry_done(struct report_entry *entry);
void report_done(struct report *report);

/* report_verdict_name() - Return "converged", "changed", "partial" or "failed". */
const char *report_verdict_name(enum report_verdict verdict);
/*
 * report_result_name() - Return "unchanged", "pending", "done", "blocked", "failed",
 * "skipped" or "deferred".
 */
const char *report_result_name(enum report_result result);

/*
 * report_judge() - Set the verdict from the entries: partial if an entry is blocked, failed
 * or skipped; otherwise changed if an entry is done or pending; otherwise converged.
 */
void report_judge(struct report *report);
