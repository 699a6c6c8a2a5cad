/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this machine, and its TCP connections. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

enum net_family { NET_NONE, NET_IPV4, NET_IPV6 };

struct net_address {
	char *interface;
	char *text; /* in the form of net_canonical() */
};

struct net_addresses {
	VEC(struct net_address) addresses;
};

/*
 * net_addresses_load() - Read the addresses of all interfaces that are up (getifaddrs(3)),
 * without link-local IPv6 addresses, which need a scope. In a sysroot the lines of
 * sys/class/net/INTERFACE/addresses are read instead. Return: 0 or -errno.
 */
int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret);
void net_addresses_done(struct net_addresses *addresses);

/* net_is_local() - True if @text is one of @addresses, or the wildcard address. */
bool net_is_local(const struct net_addresses *addresses, const char *text);

/* net_family() - Return the family of an address without a scope; otherwise NET_NONE. */
enum net_family net_family(const char *text);

/*
 * net_canonical() - Write an address in its canonical form (`::1`).
 * Return: 0 and *ret, the caller's to free; -EINVAL: @text is not an address; -ENOMEM.
 */
int net_canonical(const char *text, char **ret);

/* The local end of an established TCP connection of this network namespace. */
struct net_connection {
	char local[33]; /* the address in the form of procfs */
	unsigned int service;
};

struct net_connections {
	VEC(struct net_connection) connections;
};

/*
 * net_connections_load() - Read /proc/net/tcp and tcp6, which is slow with many sockets. A
 * file that cannot be read counts as empty. Return: 0 or -ENOMEM.
 */
int net_connections_load(const struct kfs *kfs, struct net_connections *ret);
void net_connections_done(struct net_connections *connections);

/* net_connections_count() - Count those to @address (or the wildcard) and @service. */
uint64_t net_connections_count(const struct net_connections *connections,
			       const char *address, uint64_t service);
