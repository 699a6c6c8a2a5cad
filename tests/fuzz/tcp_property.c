/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/net/tcp and tcp6: a connection in the form of the kernel to the address and the port in
 * the first 18 bytes, and then the two parts of the other bytes.
 */
#include "sys/tcp.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"

#include <arpa/inet.h>

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n"
#define REST " 00000000:0000 01 00000000:00000000 00:00000000 00000000     0\n"

struct wanted {
	uint32_t words[4];
	uint16_t service;
};

/* Write a file: a connection, and then the part. Return: the lines of the part. */
static size_t put(const char *file, const struct wanted *wanted, size_t words,
		  struct part part)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	size_t lines = 1;

	buf_add(&text, HEAD "   0: ");
	for (size_t i = 0; i < words; i++)
		buf_addf(&text, "%08X", wanted->words[i]);
	buf_addf(&text, ":%04X" REST, wanted->service);
	buf_add_bytes(&text, part.bytes, part.len);
	scratch_put(file, text.data, text.len);
	for (size_t i = 0; i < part.len; i++)
		lines += part.bytes[i] == '\n';
	return lines + 1;
}

static const char *check_counts(const struct tcp_connections *all,
				const struct wanted *wanted)
{
	char ipv4[INET_ADDRSTRLEN], ipv6[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
	struct wanted next = *wanted;
	uint64_t every = tcp_connections_count(all, "0.0.0.0", wanted->service), of_ipv4,
		 of_ipv6, of_other;

	next.words[0] ^= 1;
	if (!inet_ntop(AF_INET, wanted->words, ipv4, sizeof(ipv4)) ||
	    !inet_ntop(AF_INET6, wanted->words, ipv6, sizeof(ipv6)) ||
	    !inet_ntop(AF_INET6, next.words, other, sizeof(other)))
		return NULL;
	of_ipv4 = tcp_connections_count(all, ipv4, wanted->service);
	of_ipv6 = tcp_connections_count(all, ipv6, wanted->service);
	if (of_ipv4 == 0 || of_ipv6 == 0)
		return "a connection counts for its address";
	of_other = tcp_connections_count(all, other, wanted->service);
	/* Zero is a wildcard. */
	if (wanted->words[0] > 1 && of_ipv4 + of_ipv6 + of_other > every)
		return "a connection counts for one address";
	return tcp_connections_count(all, "::", wanted->service) == every
		       ? NULL
		       : "both wildcards are all connections";
}

const char *tcp_property_check(const char *bytes, size_t len)
{
	_cleanup_(tcp_connections_done) struct tcp_connections all = { 0 };
	_cleanup_(kfs_done) struct kfs kfs = { .root_fd = -1 };
	struct wanted wanted = { 0 };
	size_t head = len < 18 ? len : 18, lines;
	struct part rest = { bytes + head, len - head }, first = part_next(&rest);

	memcpy(&wanted, bytes, head);
	lines = put("proc/net/tcp", &wanted, 1, first);
	lines += put("proc/net/tcp6", &wanted, 4, rest);
	if (kfs_init(&kfs, scratch_root(), NULL) < 0)
		return NULL;
	if (tcp_connections_load(&kfs, &all) < 0 || all.error)
		return "connections can be read";
	if (all.connections.count > lines)
		return "a line is one connection at most";
	return check_counts(&all, &wanted);
}
