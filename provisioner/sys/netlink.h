/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces and addresses of the running kernel, from rtnetlink(7). */
#pragma once

#include "sys/net_list.h"

#include <stddef.h>

/* The longest name of an interface: another name (ALTIFNAMSIZ), without its NUL. */
#define NETLINK_NAME_MAX 127

/*
 * netlink_load() - Add all interfaces and all addresses to @all. getifaddrs(3) knows neither
 * the flags of an IPv6 address nor the interface of a labelled address.
 * Return: 0 or -errno.
 */
int netlink_load(struct net_addresses *all);

/*
 * netlink_parse() - Add the interfaces and the addresses of a part of a dump: all messages that
 * one recv(2) returned. A message of another type is left out.
 * Return: 1 at the end of the dump; 0; -EINTR: the dump is inconsistent; -errno.
 */
int netlink_parse(char *buffer, size_t len, struct net_addresses *all);
