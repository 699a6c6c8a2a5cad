/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The status file as those read it who did not write it: the network programs, and the next
 * run. Nothing in it is believed before it was looked at.
 */
#pragma once

#include "base/vec.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer one is refused: 10,000 objects take three quarters of it. */
#define STATUS_DOC_MAX (4u << 20)

struct json_t;

/* All strings belong to the document; NULL where the file has null or nothing. */
struct status_object {
	const char *kind, *name, *action, *result, *message, *reason;
};

struct status_objects {
	VEC(struct status_object) list;
};

/* The connections of an export at the time of the last run or drift check. */
struct status_connections {
	const char *export;
	uint64_t count;
};

struct status_drift {
	const char *checked_at, *result, *message;
	struct status_objects objects;
};

struct status_doc {
	struct json_t *json;
	uint64_t sequence; /* 0: the file has none */
	bool dry_run;	   /* no run in this boot: the report is that of a plan */
	const char *boot_id, *stage, *result, *message;
	const char *started_at, *finished_at, *config_sha256;
	int64_t started_ms, finished_ms; /* Unix time; 0: unknown */
	const char *image, *image_hint;
	struct status_objects objects;
	VEC(struct status_connections)
	connections; /* of exports of which that is known */
	bool has_drift;
	struct status_drift drift;
};

/*
 * status_doc_parse() - Return: 0 and *ret; -ENOMEM; -EBADMSG and *ret_why: a sentence on
 * what is wrong, the caller's to free.
 */
int status_doc_parse(const char *text, size_t len, struct status_doc *ret,
		     char **ret_why);
void status_doc_done(struct status_doc *doc);

/*
 * status_doc_deviations() - Pass each object that is not in sync to @visit, which may be NULL:
 * the objects that the last drift check found or, without a check since the last run, those
 * that the run could not converge. Deferred objects are not among them.
 * Return: the number of objects.
 */
size_t status_doc_deviations(const struct status_doc *doc,
			     void (*visit)(void *data,
					   const struct status_object *object),
			     void *data);

/*
 * status_doc_set_connections() - Set the field of index @index, a FIELD_UINT, of each object
 * of @class in the sorted @observed to the number of connections that the document has.
 */
void status_doc_set_connections(const struct status_doc *doc,
				const struct obj_class *class, unsigned int index,
				struct model *observed);

/* status_doc_checked_at() - When that was found: RFC 3339, or NULL. */
const char *status_doc_checked_at(const struct status_doc *doc);

/*
 * status_time_ms() - Of RFC 3339 in UTC, as clock_format_now() writes it.
 * Return: milliseconds of Unix time; 0 if it is none.
 */
int64_t status_time_ms(const char *text);
