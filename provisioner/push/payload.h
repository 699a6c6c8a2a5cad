/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes over the wire. Pure. */
#pragma once

#include <stddef.h>

/*
 * payload_event() - The report @report, JSON text of the id @id, as a CloudEvent 1.0 in
 * structured mode (application/cloudevents+json).
 * @host: whose it is. Return: 0 and *ret, the caller's to free; -EBADMSG: @report is no
 * JSON; -ENOMEM.
 */
int payload_event(const char *report, size_t len, const char *id, const char *host,
		  char **ret);

/*
 * payload_target_name() - What may be shown of a URL: its scheme, host and port, and the
 * beginning of a digest that tells it from others. Return: 0 and *ret, the caller's to
 * free; -ENOMEM.
 */
int payload_target_name(const char *url, char **ret);

/*
 * payload_token() - The token in a file's @text, without white space around it.
 * Return: 0 and *ret, the caller's to free; -EINVAL: there is none, or it is no token that
 * fits into a header; -ENOMEM.
 */
int payload_token(const char *text, char **ret);
