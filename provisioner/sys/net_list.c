/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/net_list.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <arpa/inet.h>

int net_print_address(int family, const void *bytes, const char *zone, char **ret)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, text, sizeof(text)))
		return -errno;
	return str_format(ret, "%s%s%s", text, zone ? "%" : "", zone ? zone : "");
}

int net_add_interface(struct net_addresses *all, const char *name, uint64_t index,
		      bool is_down)
{
	struct net_interface interface = { .name = strdup(name),
					   .index = index,
					   .is_down = is_down };
	int r = interface.name ? vec_push(&all->interfaces, interface) : -ENOMEM;

	if (r < 0)
		free(interface.name);
	return r;
}

int net_add_altname(struct net_interface *interface, const char *name)
{
	char *copy = strdup(name);
	int r = copy ? vec_push(&interface->altnames, copy) : -ENOMEM;

	if (r < 0)
		free(copy);
	return r;
}

static void address_done(struct net_address *address)
{
	free(address->interface);
	free(address->label);
	free(address->text);
}

int net_add_address(struct net_addresses *all, const struct net_interface *interface,
		    int family, const void *bytes, const char *label, unsigned int flags)
{
	bool is_local = family == AF_INET6 &&
			IN6_IS_ADDR_LINKLOCAL((const struct in6_addr *)bytes);
	struct net_address address = {
		.interface = strdup(interface->name),
		.label = label ? strdup(label) : NULL,
		.flags = flags | (is_local ? NET_LINK_LOCAL : 0) |
			 (interface->is_down ? NET_DOWN : 0),
	};
	int r = address.interface && (address.label || !label) ? 0 : -ENOMEM;

	if (r == 0)
		r = net_print_address(family, bytes, is_local ? interface->name : NULL,
				      &address.text);
	if (r == 0)
		r = vec_push(&all->addresses, address);
	if (r < 0)
		address_done(&address);
	return r;
}

void net_addresses_done(struct net_addresses *addresses)
{
	vec_foreach (address, &addresses->addresses)
		address_done(address);
	vec_done(&addresses->addresses);
	vec_foreach (interface, &addresses->interfaces) {
		free(interface->name);
		vec_foreach (name, &interface->altnames)
			free(*name);
		vec_done(&interface->altnames);
	}
	vec_done(&addresses->interfaces);
}
