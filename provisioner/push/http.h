/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to a collector. http.c is the only user of libcurl and zlib. */
#pragma once

#include "model/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_outcome {
	HTTP_TAKEN,
	HTTP_AGAIN,    /* try again soon: 408, 429, 5xx, the network */
	HTTP_REFUSED,  /* another try now is useless: the next run tries again */
	HTTP_REJECTED, /* likewise, and the content is at fault: 400, 413, 415, 422 */
};

struct http_result {
	enum http_outcome outcome;
	uint64_t retry_after_ms; /* Retry-After of the server; 0: no such header */
	char why[512];		 /* the failure, without any secret; "" if taken */
};

struct http_message {
	const char *method, *type, *id; /* id may be NULL */
	const char *body;
	size_t len;
};

/* http_init() - Initialise libcurl, once in a process. Return: 0 or -ENOSYS. */
int http_init(void);

/*
 * http_send() - Send @message to @target, and read at most 64 KiB of the response. Redirects
 * are not followed, https is verified, and the files of the target are read again for each
 * request. The body is compressed; after 415 it is sent again uncompressed.
 * Return: 0 and *ret; -ENOMEM.
 */
int http_send(const struct push_target *target, const struct http_message *message,
	      struct http_result *ret);
