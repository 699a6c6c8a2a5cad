/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The content of requests. Pure. */
#pragma once

#include <stddef.h>

/*
 * payload_event() - Wrap the JSON text @report, with the id @id, in a CloudEvent 1.0 in
 * structured mode (application/cloudevents+json).
 * @host: the machine of the report. Return: 0 and *ret, the caller's to free; -EBADMSG:
 * @report is not JSON; -ENOMEM.
 */
int payload_event(const char *report, size_t len, const char *id, const char *host,
		  char **ret);

/*
 * payload_target_name() - Return a name of @url without secrets: its scheme, host and port,
 * and the beginning of its digest. Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int payload_target_name(const char *url, char **ret);

/*
 * payload_token() - Return the token in the @text of a file, without surrounding blanks.
 * Return: 0 and *ret, the caller's to free; -EINVAL: no token, or one that does not fit
 * into a header; -ENOMEM.
 */
int payload_token(const char *text, char **ret);
