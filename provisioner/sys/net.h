/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of this machine, and who is connected to one. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

enum net_family { NET_NONE, NET_IPV4, NET_IPV6 };

struct net_address {
	char *interface;
	char *text; /* as net_canonical() writes it */
};

struct net_addresses {
	VEC(struct net_address) addresses;
};

/*
 * net_addresses_load() - Of all interfaces that are up, by getifaddrs(3); IPv6 link-local
 * ones, which mean nothing without their interface, are left out. In a sysroot the lines
 * of sys/class/net/INTERFACE/addresses stand for them. Return: 0 or -errno.
 */
int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret);
void net_addresses_done(struct net_addresses *addresses);

/* net_is_local() - Is @text one of them, or the address that means all of them? */
bool net_is_local(const struct net_addresses *addresses, const char *text);

/* net_family() - Of an address without a scope; NET_NONE: @text is none. */
enum net_family net_family(const char *text);

/*
 * net_canonical() - One way of writing for each address (`::1`).
 * Return: 0 and *ret, the caller's to free; -EINVAL: @text is no address; -ENOMEM.
 */
int net_canonical(const char *text, char **ret);

/* An established TCP connection of this network namespace: its end here. */
struct net_connection {
	char local[33]; /* the address as procfs has it */
	unsigned int service;
};

struct net_connections {
	VEC(struct net_connection) connections;
};

/*
 * net_connections_load() - All of them, by /proc/net/tcp and tcp6, which take the kernel some
 * time. What cannot be read counts as none. Return: 0 or -ENOMEM.
 */
int net_connections_load(const struct kfs *kfs, struct net_connections *ret);
void net_connections_done(struct net_connections *connections);

/* net_connections_count() - Those to @address, which may mean all of them, and @service. */
uint64_t net_connections_count(const struct net_connections *connections,
			       const char *address, uint64_t service);
