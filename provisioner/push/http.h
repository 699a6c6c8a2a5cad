/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request. http.c is the only user of libcurl and zlib. */
#pragma once

#include "model/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_outcome {
	HTTP_TAKEN,
	HTTP_AGAIN,   /* worth another try soon: 408, 429, 5xx, the network */
	HTTP_REFUSED, /* the same would come of it: tried again with the next run */
};

struct http_result {
	enum http_outcome outcome;
	uint64_t retry_after_ms; /* as the server wishes; 0: it says nothing */
	char why[512];		 /* what happened, without any secret; "" if taken */
};

struct http_message {
	const char *method, *type, *id; /* id: NULL: it has none */
	const char *body;
	size_t len;
};

/* http_init() - Once in a process. Return: 0 or -ENOSYS. */
int http_init(void);

/*
 * http_send() - Send @message to @target, and wait for the answer, of which at most 64 KiB
 * are read. A redirect is not followed, https is verified, and what the target's files hold
 * is used for this request alone. The body goes compressed, unless the server says that it
 * does not know that (415).
 * Return: 0 and *ret; -ENOMEM.
 */
int http_send(const struct push_target *target, const struct http_message *message,
	      struct http_result *ret);
