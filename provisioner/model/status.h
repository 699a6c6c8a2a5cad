/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The section `status:`: where the status is shown, and to whom it is sent. Nothing of it is
 * in the kernel, so no plan has it; the network programs read it.
 */
#pragma once

#include "model/model.h"

extern const struct obj_class status_class;

/* Where it is shown unless the file says otherwise. */
#define STATUS_LISTEN_DEFAULT "127.0.0.1:9118"

enum push_format { PUSH_JSON, PUSH_CLOUDEVENTS, PUSH_PROMETHEUS };

/* An entry of `push:`. Strings are NULL where the file says nothing. */
struct push_target {
	struct obj obj;
	char *url;
	int format; /* enum push_format */
	/* Paths, or the names of systemd credentials. */
	char *token_file, *cert_file, *key_file, *ca_file;
	char *proxy;
	uint64_t interval, timeout, connect_timeout; /* ms */
	uint64_t spool; /* reports that are kept while they cannot be sent */
};

/* status_listen() - Of the section, which may be NULL; the addresses, or NULL: the default. */
const struct string_list *status_listen(const struct obj *status);

/* status_push() - Its targets, each a struct push_target; NULL: there are none. */
const struct object_list *status_push(const struct obj *status);

/*
 * status_check_files() - What is wrong with the files that the section names, for --check: a
 * token or a key that others can read. That there is none so far is not wrong.
 */
void status_check_files(const struct obj *status, struct diag *diag);

/* status_is_private() - May only owner and group read the file? @mode: its st_mode. */
bool status_is_private(unsigned int mode);
