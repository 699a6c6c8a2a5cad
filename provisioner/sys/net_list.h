/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of interfaces and addresses, which net.c and netlink.c fill. */
#pragma once

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

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
 * net_print_address() - Print an address, with its zone unless @zone is NULL. @family,
 * @bytes: as of inet_ntop(3). Return: 0 and *ret, the caller's to free; -errno.
 */
int net_print_address(int family, const void *bytes, const char *zone, char **ret);

/*
 * net_add_interface(), net_add_altname(), net_add_address() - Append to the list or to an
 * interface. Return: 0 or -ENOMEM.
 */
int net_add_interface(struct net_addresses *all, const char *name, uint64_t index,
		      bool is_down);
int net_add_altname(struct net_interface *interface, const char *name);
int net_add_address(struct net_addresses *all, const struct net_interface *interface,
		    int family, const void *bytes, const char *label, unsigned int flags);

void net_addresses_done(struct net_addresses *addresses);
