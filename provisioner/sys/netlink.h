/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interfaces and addresses of the running kernel, from rtnetlink(7). */
#pragma once

#include "sys/net_list.h"

/*
 * netlink_load() - Add all interfaces and all addresses to @all. getifaddrs(3) knows neither
 * the flags of an IPv6 address nor the interface of a labelled address.
 * Return: 0 or -errno.
 */
int netlink_load(struct net_addresses *all);
