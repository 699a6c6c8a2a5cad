/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this machine. */
#pragma once

#include "sys/kfs.h"
#include "sys/net_list.h"

#include <stdbool.h>
#include <stdint.h>

enum net_family { NET_NONE, NET_IPV4, NET_IPV6 };

/*
 * net_addresses_load() - Read all interfaces and their addresses (rtnetlink(7)). In a
 * sysroot the files ifindex, altnames and addresses of sys/class/net/INTERFACE are read
 * instead; a line of addresses is an address and words: tentative, dadfailed, deprecated,
 * temporary, down, label=NAME. Return: 0 or -errno.
 */
int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret);

/*
 * net_find() - Find an address in the form of net_canonical(), or the IPv4 address that it
 * maps. NULL: it is not here.
 */
const struct net_address *net_find(const struct net_addresses *addresses,
				   const char *text);

/* net_is_on() - True if @name is the interface of @address, its altname or its label. */
bool net_is_on(const struct net_addresses *addresses, const struct net_address *address,
	       const char *name);

/* net_is_wildcard() - True if @text means all addresses of a family. */
bool net_is_wildcard(const char *text);

/*
 * net_family() - Return the family of an address; NET_NONE if @text is no address. Only a
 * link-local IPv6 address may have a zone: fe80::1%eth0.
 */
enum net_family net_family(const char *text);

/* net_needs_zone() - True if @text is a link-local IPv6 address without a zone. */
bool net_needs_zone(const char *text);

/*
 * net_unmapped() - Return the IPv4 address of an IPv4-mapped address in canonical form
 * ("::ffff:192.0.2.10"), which the kernel binds as that address; otherwise @text.
 */
const char *net_unmapped(const char *text);

/*
 * net_canonical() - Write an address in its canonical form (`::1`).
 * Return: 0 and *ret, the caller's to free; -EINVAL: @text is not an address; -ENOMEM.
 */
int net_canonical(const char *text, char **ret);
