/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The HTTP server. server.c is the only user of libmicrohttpd. */
#pragma once

#include "statusd/listen.h"
#include "statusd/source.h"

#include <stdint.h>

/*
 * server_run() - Answer requests until no client came for @idle_ms (0: for ever), or until
 * SIGTERM or SIGINT. One thread; no client can block another one:
 *
 *	connections	512 at once. If all are taken, clients that have not sent a request
 *			within half a second are disconnected, the oldest first.
 *	request		10 s to send it, 6 KiB.
 *	answer		30 s to receive it, and 4 MiB pending for all clients. Beyond
 *			4 MiB, the limit is one second, and new requests get 503.
 *
 * @names: of this machine, terminated by NULL. A request to another host, by its Host header,
 * is refused.
 *
 * Return: 0 or -errno.
 */
int server_run(struct source *source, const struct listeners *listeners,
	       const char *const *names, uint64_t idle_ms);
