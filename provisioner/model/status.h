/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section `status:`: the addresses that show the status, and its receivers. The kernel
 * holds none of its values, so no plan has it. The network programs read it.
 */
#pragma once

#include "model/model.h"

extern const struct obj_class status_class;

/* The address if the file has no status.listen. */
#define STATUS_LISTEN_DEFAULT "127.0.0.1:9118"

enum push_format { PUSH_JSON, PUSH_CLOUDEVENTS, PUSH_PROMETHEUS };

/* An entry of `push:`. Strings that the file does not set are NULL. */
struct push_target {
	struct obj obj;
	char *url;
	int format; /* enum push_format */
	/* Paths, or the names of systemd credentials. */
	char *token_file, *cert_file, *key_file, *ca_file;
	char *proxy;
	uint64_t interval, timeout, connect_timeout; /* ms */
	uint64_t spool; /* largest number of reports that wait */
};

/* status_listen() - Return the addresses of @status, which may be NULL. NULL: the default. */
const struct string_list *status_listen(const struct obj *status);

/* status_names() - Return the names by which clients reach @status; NULL: no names. */
const struct string_list *status_names(const struct obj *status);

/* status_push() - Return the targets, each a struct push_target; NULL: no targets. */
const struct object_list *status_push(const struct obj *status);

/*
 * status_check_files() - Report files of tokens and keys that others can read, for --check.
 * A file that does not exist yet is no error.
 */
void status_check_files(const struct obj *status, struct diag *diag);

/*
 * status_is_private() - True if a file with a secret belongs to root or the caller, only they
 * can write to it, and only its group besides can read it.
 */
struct stat;
bool status_is_private(const struct stat *st);

/* The user of rapiddisk-push.service. */
#define STATUS_PUSH_USER "rapiddisk"

/*
 * status_unreadable() - Return the first file of @status that exists and that the user of
 * rapiddisk-push.service cannot read. NULL: no such file, or no such user.
 */
const char *status_unreadable(const struct obj *status);
