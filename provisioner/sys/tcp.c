/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/tcp.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>

/* The state in the fourth column: TCP_ESTABLISHED of net/tcp_states.h. */
#define ESTABLISHED 1

/*
 * True if @hex is @address. The kernel prints an address as hexadecimal words of 32 bits
 * in the byte order of the machine (get_tcp4_sock(), get_tcp6_sock()).
 */
static bool local_end_is(const char *hex, const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr wanted = { 0 };
	size_t words = strlen(hex) / 8, len = strcspn(address, "%");

	if (streq(address, "0.0.0.0") || streq(address, "::"))
		return true;
	if (strlen(hex) != words * 8 || (words != 1 && words != 4))
		return false;
	/* The zone of a link-local address is not printed. */
	snprintf(text, sizeof(text), "%.*s", (int)len, address);
	if (inet_pton(words == 1 ? AF_INET : AF_INET6, text, &wanted) != 1)
		return false;
	/* Another program may have written "0::0". */
	if (IN6_IS_ADDR_UNSPECIFIED(&wanted))
		return true;
	for (size_t i = 0; i < words; i++) {
		uint32_t word;

		if (sscanf(hex + i * 8, "%8x", &word) != 1 ||
		    memcmp(&word, (const char *)&wanted + i * 4, 4) != 0)
			return false;
	}
	return true;
}

/* @noted: the line as the recorder gets it; NULL: no recorder. */
static int add_connection(struct tcp_connections *all, const char *line,
			  struct buf *noted)
{
	struct tcp_connection connection = { 0 };
	unsigned int state;

	if (sscanf(line, " %*d: %32[0-9A-F]:%x %*[0-9A-F:] %x", connection.local,
		   &connection.service, &state) != 3 ||
	    state != ESTABLISHED)
		return 0;
	if (noted)
		buf_add(noted, line);
	return vec_push(&all->connections, connection);
}

static int read_lines(const struct kfs *kfs, FILE *file, const char *path,
		      struct tcp_connections *all)
{
	_cleanup_(buf_done) struct buf noted = { 0 };
	_cleanup_free_ char *line = NULL;
	size_t room = 0;
	int r = 0;

	while (r == 0 && getline(&line, &room, file) >= 0)
		r = add_connection(all, line, kfs->on_query ? &noted : NULL);
	if (r == 0 && ferror(file))
		r = -errno;
	if (r == 0 && noted.data)
		kfs_note(kfs, &noted, "%s", path);
	return r;
}

/* A kernel without the protocol has no such file. */
static int load(const struct kfs *kfs, const char *path, struct tcp_connections *all)
{
	int fd = kfs_open(kfs, O_RDONLY, "%s", path), r;
	FILE *file = fd >= 0 ? fdopen(fd, "re") : NULL;

	if (!file) {
		r = fd < 0 ? fd : -errno;
		if (fd >= 0)
			close(fd);
		return r == -ENOENT ? 0 : r;
	}
	r = read_lines(kfs, file, path, all);
	fclose(file);
	return r;
}

int tcp_connections_load(const struct kfs *kfs, struct tcp_connections *ret)
{
	struct tcp_connections all = { 0 };
	int r = load(kfs, "proc/net/tcp", &all);

	if (r == 0)
		r = load(kfs, "proc/net/tcp6", &all);
	if (r == -ENOMEM)
		tcp_connections_done(&all);
	if (r == -ENOMEM)
		return r;
	all.error = r;
	*ret = all;
	return 0;
}

void tcp_connections_done(struct tcp_connections *connections)
{
	vec_done(&connections->connections);
}

uint64_t tcp_connections_count(const struct tcp_connections *connections,
			       const char *address, uint64_t service)
{
	uint64_t count = 0;

	vec_foreach (connection, &connections->connections)
		count += connection->service == service &&
			 local_end_is(connection->local, address);
	return count;
}
