/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listening sockets: those that systemd passes, and those of --listen. */
#pragma once

#include "base/vec.h"

struct listeners {
	VEC(int) fds;
};

/*
 * listeners_inherit() - Take the sockets that systemd passes: LISTEN_FDS of them from
 * descriptor 3 on, if LISTEN_PID is this process (sd_listen_fds(3)). They become
 * non-blocking and close-on-exec.
 * Return: 0, also without sockets; -EINVAL: the variables are invalid; -errno.
 */
int listeners_inherit(struct listeners *ret);

/*
 * listeners_open() - Listen on @address: "127.0.0.1:9118", "[::1]:9118", or an absolute path
 * for a Unix socket, which replaces an existing one. Names are not resolved.
 * Return: 0; -EINVAL: @address is invalid; -errno.
 */
int listeners_open(struct listeners *listeners, const char *address);

void listeners_done(struct listeners *listeners);
