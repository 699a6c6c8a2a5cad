/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of rtnetlink(7). */
#include "sys/netlink.h"

#include "base/cleanup.h"
#include "fuzz/property.h"
#include "sys/net.h"

static const char *check_lists(const struct net_addresses *all)
{
	vec_foreach (interface, &all->interfaces) {
		if (strlen(interface->name) > NETLINK_NAME_MAX)
			return "the name of an interface is as short as the kernel's";
		vec_foreach (name, &interface->altnames)
			if (strlen(*name) > NETLINK_NAME_MAX)
				return "another name of an interface is short, too";
	}
	vec_foreach (address, &all->addresses) {
		if (net_family(address->text) == NET_NONE)
			return "an address is one, with a zone if it is link-local";
		if (address->label && strlen(address->label) > NETLINK_NAME_MAX)
			return "a label is short";
	}
	return NULL;
}

const char *netlink_property_check(const char *bytes, size_t len)
{
	_cleanup_(net_addresses_done) struct net_addresses all = { 0 };
	/* The copy ends with its last byte, so that a sanitizer sees a read behind it. */
	_cleanup_free_ char *copy = malloc(len ? len : 1);
	int r;

	if (!copy)
		return NULL;
	memcpy(copy, bytes, len);
	r = netlink_parse(copy, len, &all);
	return r > 1 ? "a part of a dump is read, is the last one, or is an error"
		     : check_lists(&all);
}
