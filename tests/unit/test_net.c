/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TCP connections and the addresses of a machine. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/tcp.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_LISTEN                                                                     \
	"   0: 0100007F:1144 00000000:0000 0A 00000000:00000000 00:00000000 00000000  " \
	"   0        0 1 1 0 100 0 0 10 0\n"
#define LINE_CONNECTED                                                                  \
	"   1: 0100007F:1144 0100007F:C0DE 01 00000000:00000000 00:00000000 00000000  " \
	"   0        0 2 1 0 20 4 30 10 -1\n"

#define LINE_CONNECTED_6                                                          \
	"   1: 00000000000000000000000001000000:1144 "                            \
	"00000000000000000000000001000000:C0DE 01 00000000:00000000 00:00000000 " \
	"00000000     0        0 2 1 0 20 4 30 10 -1\n"

/* A root with the directory proc/net. */
static char *make_root(struct kfs *kfs)
{
	_cleanup_free_ char *proc = NULL, *net = NULL;
	char *root = unit_dir();

	ck_assert_int_ge(asprintf(&proc, "%s/proc", root), 0);
	ck_assert_int_ge(asprintf(&net, "%s/proc/net", root), 0);
	ck_assert_int_eq(mkdir(proc, 0755), 0);
	ck_assert_int_eq(mkdir(net, 0755), 0);
	ck_assert_int_eq(kfs_init(kfs, root, NULL), 0);
	return root;
}

START_TEST(a_connection_behind_the_longest_text_is_counted)
{
	struct tcp_connections all = { 0 };
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *root = NULL, *path = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs);
	while (text.len <= KFS_READ_MAX)
		buf_add(&text, LINE_LISTEN);
	buf_add(&text, LINE_CONNECTED);
	ck_assert(!text.failed);
	path = unit_write(root, "proc/net/tcp", text.data, text.len);
	ck_assert_int_eq(tcp_connections_load(&kfs, &all), 0);
	ck_assert_int_eq(all.error, 0);
	ck_assert_uint_eq(tcp_connections_count(&all, "127.0.0.1", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "0.0.0.0", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "127.0.0.1", 4421), 0);
	ck_assert_uint_eq(tcp_connections_count(&all, "127.0.0.2", 4420), 0);
	tcp_connections_done(&all);
	kfs_done(&kfs);
}
END_TEST

START_TEST(a_wildcard_in_any_notation_has_all_connections_of_its_service)
{
	struct tcp_connections all = { 0 };
	_cleanup_free_ char *root = NULL, *path = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs);
	path = unit_write(root, "proc/net/tcp6", LINE_CONNECTED_6,
			  strlen(LINE_CONNECTED_6));
	ck_assert_int_eq(tcp_connections_load(&kfs, &all), 0);
	ck_assert_uint_eq(tcp_connections_count(&all, "::", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "0::0", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "::1", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "::2", 4420), 0);
	ck_assert_uint_eq(tcp_connections_count(&all, "0::0", 4421), 0);
	tcp_connections_done(&all);
	kfs_done(&kfs);
}
END_TEST

START_TEST(connections_that_cannot_be_read_are_an_error)
{
	struct tcp_connections all = { 0 };
	_cleanup_free_ char *root = NULL, *path = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs);
	ck_assert_int_ge(asprintf(&path, "%s/proc/net/tcp6", root), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(tcp_connections_load(&kfs, &all), 0);
	ck_assert_int_eq(all.error, -EISDIR);
	tcp_connections_done(&all);
	kfs_done(&kfs);
}
END_TEST

START_TEST(a_kernel_without_tcp_has_no_connections)
{
	struct tcp_connections all = { 0 };
	_cleanup_free_ char *root = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs);
	ck_assert_int_eq(tcp_connections_load(&kfs, &all), 0);
	ck_assert_int_eq(all.error, 0);
	ck_assert_uint_eq(all.connections.count, 0);
	tcp_connections_done(&all);
	kfs_done(&kfs);
}
END_TEST

START_TEST(the_zone_of_a_link_local_address_is_not_compared)
{
	static const char line[] =
		"   0: 000080FE000000000000000001000000:1144 "
		"000080FE000000000000000002000000:C0DE 01 00000000:00000000 00:0 0 0 0 2\n";
	struct tcp_connections all = { 0 };
	_cleanup_free_ char *root = NULL, *path = NULL;
	struct kfs kfs = { 0 };

	root = make_root(&kfs);
	path = unit_write(root, "proc/net/tcp6", line, strlen(line));
	ck_assert_int_eq(tcp_connections_load(&kfs, &all), 0);
	ck_assert_uint_eq(tcp_connections_count(&all, "fe80::1%eth0", 4420), 1);
	ck_assert_uint_eq(tcp_connections_count(&all, "fe80::2%eth0", 4420), 0);
	tcp_connections_done(&all);
	kfs_done(&kfs);
}
END_TEST

Suite *suite_net(void)
{
	return unit_suite("net", a_connection_behind_the_longest_text_is_counted,
			  a_wildcard_in_any_notation_has_all_connections_of_its_service,
			  connections_that_cannot_be_read_are_an_error,
			  a_kernel_without_tcp_has_no_connections,
			  the_zone_of_a_link_local_address_is_not_compared, NULL);
}
