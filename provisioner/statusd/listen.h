/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets that wait for connections: systemd's, or of our own. */
#pragma once

#include "base/vec.h"

struct listeners {
	VEC(int) fds;
};

/*
 * listeners_inherit() - Take the sockets that systemd passes: LISTEN_FDS of them from
 * descriptor 3 on, where LISTEN_PID is this process (sd_listen_fds(3)). They are made
 * non-blocking and close-on-exec. None is no error.
 * Return: 0; -EINVAL: the variables make no sense; -errno.
 */
int listeners_inherit(struct listeners *ret);

/*
 * listeners_open() - Listen on @address: "127.0.0.1:9118", "[::1]:9118", or an absolute path
 * for a Unix socket, whose file is made anew. Names are not looked up.
 * Return: 0; -EINVAL: it is none of these; -errno.
 */
int listeners_open(struct listeners *listeners, const char *address);

void listeners_done(struct listeners *listeners);
