/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCP connections of this machine. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

/* The local end of an established TCP connection of this network namespace. */
struct tcp_connection {
	char local[33]; /* the address in the form of procfs */
	unsigned int service;
};

struct tcp_connections {
	VEC(struct tcp_connection) connections;
	int error; /* why connections may be missing; 0: all are known */
};

/*
 * tcp_connections_load() - Read /proc/net/tcp and tcp6, line by line: with many sockets
 * they are long and slow. Return: 0, see .error; -ENOMEM.
 */
int tcp_connections_load(const struct kfs *kfs, struct tcp_connections *ret);
void tcp_connections_done(struct tcp_connections *connections);

/* tcp_connections_count() - Count those to @address (or the wildcard) and @service. */
uint64_t tcp_connections_count(const struct tcp_connections *connections,
			       const char *address, uint64_t service);
