/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a request line to an answer. Pure: no socket, no file. */
#pragma once

#include "views/views.h"

#define ANSWER_ALLOW "GET, HEAD"

struct endpoint;

struct route {
	const struct endpoint *endpoint; /* NULL: none, and @status says which error */
	const char *argument;		 /* what stands behind the path; part of it */
	unsigned int status;		 /* 200, or 404, 405 */
	const char *instead; /* of a path of the peer's that changes: what does it now */
};

/*
 * route_find() - @path as it was decoded, without a query; nothing in it is trusted.
 */
struct route route_find(const char *method, const char *path);

/*
 * route_needs() - Return the parts of the view that the answer is made of, enum view_part.
 * 0: it needs no view. Without VIEW_DOC the answer can do without a document.
 */
unsigned int route_needs(const struct route *route);

struct answer {
	unsigned int status;
	const char *type; /* Content-Type */
	const char *body;
	size_t len;
	char *owned; /* the body, where it is freed with the answer; NULL: it is static */
};

/*
 * answer_route() - Return: 0 and *ret; -ENOMEM. @view may be empty where the route needs
 * nothing of it.
 */
int answer_route(const struct route *route, const struct view *view, struct answer *ret);
/* answer_error() - An error as problem+json. Return: as before. */
int answer_error(unsigned int status, const char *detail, struct answer *ret);
void answer_done(struct answer *answer);

/*
 * host_is_trusted() - True if the Host header @host has an address, localhost, or one of
 * @names (terminated by NULL), with or without a port. A page of the web can make a browser
 * ask under a name of its own that leads to this machine (DNS rebinding), and would read the
 * answer. @host: the value of the header; NULL: the request has no such header.
 */
bool host_is_trusted(const char *host, const char *const *names);
