/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load the addresses of this machine and its TCP connections, and compare addresses. */
#include "sys/net.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <stdio.h>

/* --- the text of an address --- */

/* IPv6 with a zone: parse the address, and return the zone in *ret_zone. */
static bool parse_v6(const char *text, struct in6_addr *ret, const char **ret_zone)
{
	char address[INET6_ADDRSTRLEN];
	const char *mark = strchr(text, '%');
	size_t len = mark ? (size_t)(mark - text) : strlen(text);

	*ret_zone = mark ? mark + 1 : NULL;
	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return inet_pton(AF_INET6, address, ret) == 1 &&
	       (!mark || (mark[1] && IN6_IS_ADDR_LINKLOCAL(ret)));
}

enum net_family net_family(const char *text)
{
	struct in6_addr bytes;
	const char *zone;

	return inet_pton(AF_INET, text, &bytes) == 1 ? NET_IPV4
	       : parse_v6(text, &bytes, &zone)	     ? NET_IPV6
						     : NET_NONE;
}

bool net_needs_zone(const char *text)
{
	struct in6_addr bytes;
	const char *zone;

	return parse_v6(text, &bytes, &zone) && IN6_IS_ADDR_LINKLOCAL(&bytes) && !zone;
}

bool net_is_wildcard(const char *text)
{
	return streq(text, "0.0.0.0") || streq(text, "::");
}

const char *net_unmapped(const char *text)
{
	static const char prefix[] = "::ffff:";
	const char *rest = text + strlen(prefix);

	return strncmp(text, prefix, strlen(prefix)) == 0 && net_family(rest) == NET_IPV4
		       ? rest
		       : text;
}

int net_canonical(const char *text, char **ret)
{
	struct in6_addr bytes;
	const char *zone;

	if (inet_pton(AF_INET, text, &bytes) == 1)
		return net_print_address(AF_INET, &bytes, NULL, ret);
	if (parse_v6(text, &bytes, &zone))
		return net_print_address(AF_INET6, &bytes, zone, ret);
	return -EINVAL;
}

/* --- a sysroot --- */

static const struct {
	const char *word;
	unsigned int flag;
} flag_words[] = {
	{ "tentative", NET_TENTATIVE },
	{ "dadfailed", NET_FAILED },
	{ "deprecated", NET_DEPRECATED },
	{ "temporary", NET_TEMPORARY },
	{ "down", NET_DOWN },
};

static void print_line(const struct net_address *address, struct buf *out)
{
	const char *zone = strchr(address->text, '%');

	buf_add_bytes(out, address->text,
		      zone ? (size_t)(zone - address->text) : strlen(address->text));
	for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++)
		if (address->flags & flag_words[i].flag)
			buf_addf(out, " %s", flag_words[i].word);
	if (address->label && !streq(address->label, address->interface))
		buf_addf(out, " label=%s", address->label);
	buf_add(out, "\n");
}

/* Note for the recorder what load_from_tree() reads. */
static void note(const struct kfs *kfs, const struct net_addresses *all)
{
	vec_foreach (interface, &all->interfaces) {
		_cleanup_(buf_done) struct buf lines = { 0 }, names = { 0 },
					       index = { 0 };

		vec_foreach (address, &all->addresses)
			if (streq(address->interface, interface->name))
				print_line(address, &lines);
		vec_foreach (name, &interface->altnames)
			buf_addf(&names, "%s\n", *name);
		buf_addf(&index, "%llu\n", (unsigned long long)interface->index);
		if (lines.data)
			kfs_note(kfs, &lines, "sys/class/net/%s/addresses",
				 interface->name);
		if (names.data)
			kfs_note(kfs, &names, "sys/class/net/%s/altnames",
				 interface->name);
		if (lines.data)
			kfs_note(kfs, &index, "sys/class/net/%s/ifindex",
				 interface->name);
	}
}

static int read_line(char *line, const struct net_interface *interface,
		     struct net_addresses *ret)
{
	char *text = strsep(&line, " "), *word;
	const char *label = NULL;
	unsigned int flags = 0;
	struct in6_addr bytes;
	int family = net_family(text) == NET_IPV4 ? AF_INET : AF_INET6;

	if (inet_pton(family, text, &bytes) != 1)
		return 0;
	while ((word = strsep(&line, " "))) {
		if (strncmp(word, "label=", strlen("label=")) == 0)
			label = word + strlen("label=");
		for (size_t i = 0; i < ARRAY_SIZE(flag_words); i++)
			if (streq(word, flag_words[i].word))
				flags |= flag_words[i].flag;
	}
	return net_add_address(ret, interface, family, &bytes, label, flags);
}

static int load_interface(const struct kfs *kfs, const char *name,
			  struct net_addresses *ret)
{
	_cleanup_free_ char *lines = NULL, *names = NULL;
	struct net_interface *interface;
	uint64_t index = 0;
	char *rest, *line;
	int r;

	if (kfs_read_u64(kfs, &index, "sys/class/net/%s/ifindex", name) < 0)
		index = 0;
	r = net_add_interface(ret, name, index, false);
	if (r < 0)
		return r;
	interface = &ret->interfaces.items[ret->interfaces.count - 1];
	if (kfs_read(kfs, &names, "sys/class/net/%s/altnames", name) == 0)
		for (rest = names; r == 0 && (line = strsep(&rest, "\n"));)
			r = net_add_altname(interface, line);
	if (kfs_read(kfs, &lines, "sys/class/net/%s/addresses", name) == 0)
		for (rest = lines; r == 0 && (line = strsep(&rest, "\n"));)
			r = read_line(line, interface, ret);
	return r;
}

static int load_from_tree(const struct kfs *kfs, struct net_addresses *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names interfaces = { 0 };
	int r = kfs_list(kfs, &interfaces, "sys/class/net");

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (interface, &interfaces.names) {
		r = load_interface(kfs, *interface, ret);
		if (r < 0)
			break;
	}
	return r;
}

int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret)
{
	struct net_addresses all = { 0 };
	int r = kfs->is_sysroot ? load_from_tree(kfs, &all) : netlink_load(&all);

	if (r == 0 && kfs->on_query && !kfs->is_sysroot)
		note(kfs, &all);
	if (r < 0)
		net_addresses_done(&all);
	else
		*ret = all;
	return r;
}

/* --- questions --- */

static bool names(const struct net_interface *interface, const char *name)
{
	uint64_t index;

	if (streq(interface->name, name))
		return true;
	vec_foreach (altname, &interface->altnames) {
		if (streq(*altname, name))
			return true;
	}
	/* The number is a name for a zone (inet6_pton() of the kernel). */
	return units_parse_uint(name, &index) == 0 && index > 0 &&
	       index == interface->index;
}

static const struct net_interface *find_interface(const struct net_addresses *all,
						  const char *name)
{
	vec_foreach (interface, &all->interfaces) {
		if (names(interface, name))
			return interface;
	}
	return NULL;
}

bool net_is_on(const struct net_addresses *addresses, const struct net_address *address,
	       const char *name)
{
	const struct net_interface *interface = find_interface(addresses, name);

	return (interface && streq(address->interface, interface->name)) ||
	       (address->label && streq(address->label, name));
}

/* Compare link-local addresses, whose zones may be different names of one interface. */
static bool is_same(const struct net_addresses *all, const struct net_address *address,
		    const char *text)
{
	const char *zone = strchr(text, '%'), *mark = strchr(address->text, '%');

	if (streq(address->text, text))
		return true;
	return zone && mark && zone - text == mark - address->text &&
	       strncmp(text, address->text, (size_t)(zone - text)) == 0 &&
	       net_is_on(all, address, zone + 1);
}

const struct net_address *net_find(const struct net_addresses *addresses,
				   const char *text)
{
	const struct net_address *found = NULL;

	text = net_unmapped(text);
	vec_foreach (address, &addresses->addresses) {
		if (!is_same(addresses, address, text))
			continue;
		/* An address may be on several interfaces. */
		if (!found || !(address->flags & NET_UNUSABLE))
			found = address;
	}
	/* All of 127.0.0.0/8 is local where 127.0.0.1 is. */
	if (!found && net_family(text) == NET_IPV4 &&
	    strncmp(text, "127.", strlen("127.")) == 0 && !streq(text, "127.0.0.1"))
		return net_find(addresses, "127.0.0.1");
	return found;
}
