/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/netlink.h"

#include "base/cleanup.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills at most 32 KiB of a dump at once (netlink_dump()). */
#define BUFFER_SIZE 65536
/* A dump that interfaces were changed under is inconsistent, and is read again. */
#define TRIES_MAX 10

/* True if the message has all of the body that its type has before the attributes. */
static bool has_body(const struct nlmsghdr *message, size_t size)
{
	return message->nlmsg_len >= NLMSG_LENGTH(size);
}

/* Return: the string of the attribute; NULL: the attribute is no name. */
static const char *name_of(struct rtattr *item)
{
	const char *name = RTA_DATA(item);
	size_t room = RTA_PAYLOAD(item), len = strnlen(name, room);

	return len > 0 && len < room && len <= NETLINK_NAME_MAX ? name : NULL;
}

/* --- interfaces --- */

static int read_altnames(struct net_interface *interface, struct rtattr *list)
{
	int len = (int)RTA_PAYLOAD(list), r = 0;

	for (struct rtattr *item = RTA_DATA(list); r == 0 && RTA_OK(item, len);
	     item = RTA_NEXT(item, len)) {
		const char *name = name_of(item);

		if ((item->rta_type & NLA_TYPE_MASK) == IFLA_ALT_IFNAME && name)
			r = net_add_altname(interface, name);
	}
	return r;
}

static int read_link(struct net_addresses *all, struct nlmsghdr *message)
{
	struct ifinfomsg *info = NLMSG_DATA(message);
	struct rtattr *altnames = NULL;
	const char *name = NULL;
	int len, r;

	if (!has_body(message, sizeof(*info)))
		return 0;
	len = (int)IFLA_PAYLOAD(message);
	for (struct rtattr *item = IFLA_RTA(info); RTA_OK(item, len);
	     item = RTA_NEXT(item, len)) {
		if ((item->rta_type & NLA_TYPE_MASK) == IFLA_IFNAME)
			name = name_of(item);
		if ((item->rta_type & NLA_TYPE_MASK) == IFLA_PROP_LIST)
			altnames = item;
	}
	if (!name)
		return 0;
	r = net_add_interface(all, name, (uint64_t)info->ifi_index,
			      !(info->ifi_flags & IFF_UP));
	return r < 0 || !altnames
		       ? r
		       : read_altnames(&all->interfaces.items[all->interfaces.count - 1],
				       altnames);
}

/* --- addresses --- */

static unsigned int flags_of(int family, uint32_t flags)
{
	unsigned int all = 0;

	if (family != AF_INET6)
		return 0;
	/* A socket may listen on an optimistic address (ipv6_chk_addr_and_flags()). */
	if (flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC))
		all |= NET_TENTATIVE;
	if (flags & IFA_F_DADFAILED)
		all |= NET_FAILED;
	if (flags & IFA_F_DEPRECATED)
		all |= NET_DEPRECATED;
	if (flags & IFA_F_TEMPORARY)
		all |= NET_TEMPORARY;
	return all;
}

static const struct net_interface *find_index(const struct net_addresses *all,
					      uint64_t index)
{
	vec_foreach (interface, &all->interfaces) {
		if (interface->index == index)
			return interface;
	}
	return NULL;
}

/* The attributes of an address; the last one is not read. */
#define ATTRIBUTES (IFA_FLAGS + 1)

static void find_attributes(struct nlmsghdr *message,
			    struct rtattr *ret[static ATTRIBUTES])
{
	int len = (int)IFA_PAYLOAD(message);

	for (struct rtattr *item = IFA_RTA(NLMSG_DATA(message)); RTA_OK(item, len);
	     item = RTA_NEXT(item, len))
		if ((item->rta_type & NLA_TYPE_MASK) < ATTRIBUTES)
			ret[item->rta_type & NLA_TYPE_MASK] = item;
}

static int read_address(struct net_addresses *all, struct nlmsghdr *message)
{
	struct ifaddrmsg *info = NLMSG_DATA(message);
	struct rtattr *attributes[ATTRIBUTES] = { 0 }, *address, *label, *more;
	const struct net_interface *interface;
	uint32_t flags;

	if (!has_body(message, sizeof(*info)))
		return 0;
	interface = find_index(all, info->ifa_index);
	if (!interface || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6))
		return 0;
	find_attributes(message, attributes);
	/* On a point-to-point link IFA_ADDRESS is the other end. */
	address = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
	label = attributes[IFA_LABEL];
	more = attributes[IFA_FLAGS];
	if (!address || RTA_PAYLOAD(address) < (info->ifa_family == AF_INET ? 4u : 16u))
		return 0;
	flags = info->ifa_flags;
	if (more && RTA_PAYLOAD(more) >= sizeof(flags))
		memcpy(&flags, RTA_DATA(more), sizeof(flags));
	return net_add_address(all, interface, info->ifa_family, RTA_DATA(address),
			       label ? name_of(label) : NULL,
			       flags_of(info->ifa_family, flags));
}

/* --- dumps --- */

static int error_of(struct nlmsghdr *message)
{
	const struct nlmsgerr *body = NLMSG_DATA(message);

	return has_body(message, sizeof(*body)) && body->error <= 0 ? body->error
								    : -EBADMSG;
}

/* Return: the message behind @message, and *len without @message, which may lack its padding. */
static struct nlmsghdr *next_message(struct nlmsghdr *message, size_t *len)
{
	size_t size = NLMSG_ALIGN(message->nlmsg_len);

	*len -= size < *len ? size : *len;
	return (void *)((char *)message + size);
}

int netlink_parse(char *buffer, size_t len, struct net_addresses *all)
{
	struct nlmsghdr *message = (void *)buffer;
	int r = 0;

	for (; r == 0 && NLMSG_OK(message, len); message = next_message(message, &len)) {
		if (message->nlmsg_flags & NLM_F_DUMP_INTR)
			return -EINTR;
		if (message->nlmsg_type == NLMSG_DONE)
			return 1;
		if (message->nlmsg_type == NLMSG_ERROR)
			return error_of(message);
		r = message->nlmsg_type == RTM_NEWLINK	 ? read_link(all, message)
		    : message->nlmsg_type == RTM_NEWADDR ? read_address(all, message)
							 : 0;
	}
	return r;
}

static int ask(int fd, uint16_t type)
{
	const struct {
		struct nlmsghdr header;
		struct rtgenmsg body;
	} request = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct rtgenmsg)),
			    .nlmsg_type = type,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.body = { .rtgen_family = AF_UNSPEC },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -errno : 0;
}

static int dump_once(uint16_t type, struct net_addresses *all)
{
	_cleanup_close_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_cleanup_free_ char *buffer = malloc(BUFFER_SIZE);
	int r;

	if (fd < 0 || !buffer)
		return fd < 0 ? -errno : -ENOMEM;
	for (r = ask(fd, type); r == 0;) {
		ssize_t len = recv(fd, buffer, BUFFER_SIZE, MSG_TRUNC);

		if (len < 0 && errno == EINTR)
			continue;
		r = len < 0		? -errno
		    : len > BUFFER_SIZE ? -EMSGSIZE
					: netlink_parse(buffer, (size_t)len, all);
	}
	return r < 0 ? r : 0;
}

static int load_once(struct net_addresses *all)
{
	int r = dump_once(RTM_GETLINK, all);

	return r < 0 ? r : dump_once(RTM_GETADDR, all);
}

int netlink_load(struct net_addresses *all)
{
	int r = -EINTR;

	for (int i = 0; r == -EINTR && i < TRIES_MAX; i++) {
		net_addresses_done(all);
		r = load_once(all);
	}
	return r;
}
