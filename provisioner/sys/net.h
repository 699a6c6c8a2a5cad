/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of this machine. */
#pragma once

#include "sys/kfs.h"

#include <stdbool.h>
#include <stdint.h>

enum net_family { NET_NONE, NET_IPV4, NET_IPV6 };

/* Properties of an address (IFA_F_ of linux/if_addr.h) and of its interface. */
enum net_flag {
	NET_TENTATIVE = 1 << 0,	 /* not usable before duplicate address detection ends */
	NET_FAILED = 1 << 1,	 /* duplicate address detection found another owner */
	NET_DEPRECATED = 1 << 2, /* usable, but not for new uses */
	NET_TEMPORARY = 1 << 3,	 /* an IPv6 privacy address, replaced within a day */
	NET_DOWN = 1 << 4,	 /* its interface is down */
	NET_LINK_LOCAL = 1 << 5, /* .text has the interface as its zone */
};

/* The flags of an address on which no socket can listen now. */
#define NET_UNUSABLE (NET_TENTATIVE | NET_FAILED | NET_DOWN)

struct net_address {
	char *interface;
	char *label; /* of an IPv4 address, "eth0:srv"; may be NULL */
	char *text;  /* in the form of net_canonical() */
	unsigned int flags;
};

struct net_interface {
	char *name;
	uint64_t index;
	bool is_down;
	VEC(char *) altnames;
};

struct net_addresses {
	VEC(struct net_address) addresses;
	VEC(struct net_interface) interfaces;
};

/*
 * net_addresses_load() - Read all interfaces and their addresses (rtnetlink(7)). In a
 * sysroot the files ifindex, altnames and addresses of sys/class/net/INTERFACE are read
 * instead; a line of addresses is an address and words: tentative, dadfailed, deprecated,
 * temporary, down, label=NAME. Return: 0 or -errno.
 */
int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret);
void net_addresses_done(struct net_addresses *addresses);

/* net_find() - Find an address in the form of net_canonical(). NULL: it is not here. */
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
 * net_canonical() - Write an address in its canonical form (`::1`).
 * Return: 0 and *ret, the caller's to free; -EINVAL: @text is not an address; -ENOMEM.
 */
int net_canonical(const char *text, char **ret);

/*
 * net_add_interface(), net_add_altname(), net_add_address() - For the readers, netlink.c and
 * this file. @family, @bytes: as of inet_ntop(3). Return: 0 or -ENOMEM.
 */
int net_add_interface(struct net_addresses *all, const char *name, uint64_t index,
		      bool is_down);
int net_add_altname(struct net_interface *interface, const char *name);
int net_add_address(struct net_addresses *all, const struct net_interface *interface,
		    int family, const void *bytes, const char *label, unsigned int flags);
