/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HTTP. server.c is the only user of libmicrohttpd. */
#pragma once

#include "statusd/listen.h"
#include "statusd/source.h"

#include <stdint.h>

/*
 * server_run() - Answer until @idle_ms have gone by without a client (0: never), or until
 * SIGTERM or SIGINT. One thread; no client can make another wait, whatever it does:
 *
 *	connections	512 at once. Beyond, the one that has waited longest without
 *			having sent its request has to go, after half a second of it.
 *	request		10 s until it is there, 6 KiB.
 *	answer		30 s until it is taken; 4 MiB under way for all clients, beyond
 *			which one second has to do, and others are told to come again.
 *
 * Return: 0 or -errno.
 */
int server_run(struct source *source, const struct listeners *listeners,
	       uint64_t idle_ms);
