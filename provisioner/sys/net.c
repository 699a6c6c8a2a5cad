/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load the addresses of this machine and its TCP connections, and compare addresses. */
#include "sys/net.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>

/* The state in the fourth column: TCP_ESTABLISHED of net/tcp_states.h. */
#define ESTABLISHED 1

enum net_family net_family(const char *text)
{
	struct in6_addr bytes;

	return inet_pton(AF_INET, text, &bytes) == 1	? NET_IPV4
	       : inet_pton(AF_INET6, text, &bytes) == 1 ? NET_IPV6
							: NET_NONE;
}

static int print_address(int family, const void *bytes, char **ret)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, bytes, text, sizeof(text)))
		return -errno;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

int net_canonical(const char *text, char **ret)
{
	struct in6_addr bytes;

	if (inet_pton(AF_INET, text, &bytes) == 1)
		return print_address(AF_INET, &bytes, ret);
	if (inet_pton(AF_INET6, text, &bytes) == 1)
		return print_address(AF_INET6, &bytes, ret);
	return -EINVAL;
}

/* Takes ownership of @text, also on failure. */
static int add(struct net_addresses *all, const char *interface, char *text)
{
	struct net_address address = { strdup(interface), text };
	int r = address.interface ? vec_push(&all->addresses, address) : -ENOMEM;

	if (r < 0) {
		free(address.interface);
		free(text);
	}
	return r;
}

static int add_from_kernel(struct net_addresses *all, const struct ifaddrs *entry)
{
	const struct sockaddr_in6 *v6;
	struct sockaddr_in v4;
	char *text = NULL;
	int r;

	if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP))
		return 0;
	if (entry->ifa_addr->sa_family == AF_INET) {
		memcpy(&v4, entry->ifa_addr, sizeof(v4));
		r = print_address(AF_INET, &v4.sin_addr, &text);
	} else if (entry->ifa_addr->sa_family == AF_INET6) {
		v6 = (const struct sockaddr_in6 *)(const void *)entry->ifa_addr;
		if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			return 0;
		r = print_address(AF_INET6, &v6->sin6_addr, &text);
	} else {
		return 0;
	}
	return r < 0 ? r : add(all, entry->ifa_name, text);
}

static int load_from_kernel(struct net_addresses *ret)
{
	struct ifaddrs *list;
	int r = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (const struct ifaddrs *entry = list; r == 0 && entry; entry = entry->ifa_next)
		r = add_from_kernel(ret, entry);
	freeifaddrs(list);
	return r;
}

/* As load_from_tree() reads them. */
static void note_addresses(const struct kfs *kfs, const struct net_addresses *all)
{
	vec_foreach (first, &all->addresses) {
		_cleanup_(buf_done) struct buf text = { 0 };

		vec_foreach (address, &all->addresses)
			if (streq(address->interface, first->interface))
				buf_addf(&text, "%s\n", address->text);
		kfs_note(kfs, &text, "sys/class/net/%s/addresses", first->interface);
	}
}

static int load_interface_of_tree(const struct kfs *kfs, const char *interface,
				  struct net_addresses *ret)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;

	if (kfs_read(kfs, &text, "sys/class/net/%s/addresses", interface) < 0)
		return 0;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		char *address = NULL;
		int r = net_canonical(line, &address);

		if (r == 0)
			r = add(ret, interface, address);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

static int load_from_tree(const struct kfs *kfs, struct net_addresses *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names interfaces = { 0 };
	int r = kfs_list(kfs, &interfaces, "sys/class/net");

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (interface, &interfaces.names) {
		r = load_interface_of_tree(kfs, *interface, ret);
		if (r < 0)
			break;
	}
	return r;
}

int net_addresses_load(const struct kfs *kfs, struct net_addresses *ret)
{
	struct net_addresses all = { 0 };
	int r = kfs->is_sysroot ? load_from_tree(kfs, &all) : load_from_kernel(&all);

	if (r == 0 && kfs->on_query && !kfs->is_sysroot)
		note_addresses(kfs, &all);
	if (r < 0)
		net_addresses_done(&all);
	else
		*ret = all;
	return r;
}

void net_addresses_done(struct net_addresses *addresses)
{
	vec_foreach (address, &addresses->addresses) {
		free(address->interface);
		free(address->text);
	}
	vec_done(&addresses->addresses);
}

bool net_is_local(const struct net_addresses *addresses, const char *text)
{
	if (streq(text, "0.0.0.0") || streq(text, "::"))
		return true;
	vec_foreach (address, &addresses->addresses) {
		if (streq(address->text, text))
			return true;
	}
	return false;
}

/*
 * True if @hex is @address. The kernel prints an address as hexadecimal words of 32 bits
 * in the byte order of the machine (get_tcp4_sock(), get_tcp6_sock()).
 */
static bool local_end_is(const char *hex, const char *address)
{
	struct in6_addr wanted = { 0 };
	size_t words = strlen(hex) / 8;

	if (streq(address, "0.0.0.0") || streq(address, "::"))
		return true;
	if (inet_pton(words == 1 ? AF_INET : AF_INET6, address, &wanted) != 1)
		return false;
	for (size_t i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(hex + i * 8, "%8x", &word) != 1 ||
		    memcmp(&word, (const char *)&wanted + i * 4, 4) != 0)
			return false;
	}
	return true;
}

static int add_connection(struct net_connections *all, const char *line)
{
	struct net_connection connection = { 0 };
	unsigned int state;

	if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F:] %x", connection.local,
		   &connection.service, &state) != 3 ||
	    state != ESTABLISHED)
		return 0;
	return vec_push(&all->connections, connection);
}

static int load_connections(const struct kfs *kfs, const char *path,
			    struct net_connections *all)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r = 0;

	if (kfs_read(kfs, &text, "%s", path) < 0)
		return 0;
	rest = text;
	while (r == 0 && (line = strsep(&rest, "\n")))
		r = add_connection(all, line);
	return r;
}

int net_connections_load(const struct kfs *kfs, struct net_connections *ret)
{
	struct net_connections all = { 0 };
	int r = load_connections(kfs, "proc/net/tcp", &all);

	if (r == 0)
		r = load_connections(kfs, "proc/net/tcp6", &all);
	if (r < 0)
		net_connections_done(&all);
	else
		*ret = all;
	return r;
}

void net_connections_done(struct net_connections *connections)
{
	vec_done(&connections->connections);
}

uint64_t net_connections_count(const struct net_connections *connections,
			       const char *address, uint64_t service)
{
	uint64_t count = 0;

	vec_foreach (connection, &connections->connections)
		count += connection->service == service &&
			 local_end_is(connection->local, address);
	return count;
}
