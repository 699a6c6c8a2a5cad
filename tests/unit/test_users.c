/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mounts of users who make many of them. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/users.h"
#include "unit.h"

#include <sys/stat.h>

#define DISK  "30 22 254:16 / /srv rw - ext4 /dev/vdb rw\n"
#define OTHER "31 22 0:99 / /home/eve/a-rather-long-name-of-a-mount rw - tmpfs none rw\n"
#define BIND  "32 22 254:32 / /home/eve/a rw - ext4 /dev/vdc rw\n"

static struct kfs kfs;
static char *root;

static void make_dir(const char *path)
{
	_cleanup_free_ char *whole = NULL;

	ck_assert_int_ge(asprintf(&whole, "%s/%s", root, path), 0);
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		ck_assert(mkdir(whole, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	ck_assert(mkdir(whole, 0755) == 0 || errno == EEXIST);
}

static void write_file(const char *path, const char *text, size_t len)
{
	free(unit_write(root, path, text, len));
}

static void make_link(const char *target, const char *path)
{
	_cleanup_free_ char *whole = NULL;

	ck_assert_int_ge(asprintf(&whole, "%s/%s", root, path), 0);
	ck_assert_int_eq(symlink(target, whole), 0);
}

static void setup(void)
{
	root = unit_dir();
	make_dir("proc/self/ns");
	make_dir("sys/class/block/vdb");
	make_dir("sys/class/block/vdc");
	write_file("sys/class/block/vdb/dev", "254:16\n", 7);
	write_file("sys/class/block/vdc/dev", "254:32\n", 7);
	ck_assert_int_eq(kfs_init(&kfs, root, NULL), 0);
}

static void teardown(void)
{
	kfs_done(&kfs);
	free(root);
}

/* Write mounts: @first, then @line until the text has @bytes, then @last. */
static void write_mounts(const char *pid, const char *first, const char *line,
			 size_t bytes, const char *last)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;

	buf_add(&text, first);
	while (text.len < bytes)
		buf_add(&text, line);
	buf_add(&text, last);
	ck_assert(!text.failed);
	ck_assert_int_ge(asprintf(&path, "proc/%s/mountinfo", pid), 0);
	write_file(path, text.data, text.len);
}

static void add_process(const char *pid, const char *mnt, const char *user)
{
	_cleanup_free_ char *dir = NULL, *mnt_path = NULL, *user_path = NULL;

	ck_assert_int_ge(asprintf(&dir, "proc/%s/ns", pid), 0);
	ck_assert_int_ge(asprintf(&mnt_path, "%s/mnt", dir), 0);
	ck_assert_int_ge(asprintf(&user_path, "%s/user", dir), 0);
	make_dir(dir);
	make_link(mnt, mnt_path);
	make_link(user, user_path);
}

/* @want: NULL: not in use. */
static void expect_use(const char *disk, const char *want)
{
	struct users users = { 0 };
	_cleanup_free_ char *use = NULL;

	ck_assert_int_eq(users_describe(&users, &kfs, disk, &use), 0);
	if (want)
		ck_assert_pstr_eq(use, want);
	else
		ck_assert_ptr_null(use);
	users_done(&users);
}

START_TEST(mounts_beyond_the_bound_block_each_device)
{
	write_mounts("self", DISK, OTHER, KFS_READ_MAX, BIND);
	expect_use("vdb", "mounted on '/srv'");
	expect_use("vdc",
		   "possibly mounted: process 'self' has more than 8 MiB of mounts");
}
END_TEST

START_TEST(mounts_of_another_namespace_beyond_the_bound_block_each_device)
{
	write_mounts("self", "", OTHER, 1, "");
	add_process("self", "mnt:[1]", "user:[1]");
	add_process("812", "mnt:[2]", "user:[1]");
	write_mounts("812", DISK, OTHER, KFS_READ_MAX, BIND);
	expect_use("vdb", "mounted on '/srv' in the mount namespace of process '812'");
	expect_use("vdc",
		   "possibly mounted: process '812' has more than 8 MiB of mounts");
}
END_TEST

START_TEST(mounts_of_another_user_namespace_block_no_device)
{
	write_mounts("self", "", OTHER, 1, "");
	add_process("self", "mnt:[1]", "user:[1]");
	add_process("812", "mnt:[2]", "user:[2]");
	write_mounts("812", DISK, OTHER, KFS_READ_MAX, BIND);
	expect_use("vdb", "mounted on '/srv' in the mount namespace of process '812'");
	expect_use("vdc", NULL);
}
END_TEST

START_TEST(mounts_of_other_user_namespaces_hide_no_mount_of_ours)
{
	write_mounts("self", "", OTHER, 1, "");
	add_process("self", "mnt:[1]", "user:[1]");
	for (unsigned int i = 0; i < 5; i++) {
		char pid[8], mnt[16];

		snprintf(pid, sizeof(pid), "%u", 100 + i);
		snprintf(mnt, sizeof(mnt), "mnt:[%u]", 100 + i);
		add_process(pid, mnt, "user:[2]");
		write_mounts(pid, "", OTHER, KFS_READ_MAX, "");
	}
	add_process("900", "mnt:[900]", "user:[1]");
	write_mounts("900", "", OTHER, 1, BIND);
	expect_use("vdb", NULL);
	expect_use("vdc",
		   "mounted on '/home/eve/a' in the mount namespace of process '900'");
}
END_TEST

START_TEST(repeated_mounts_of_a_device_are_one_entry)
{
	struct users users = { 0 };

	write_mounts("self", DISK, BIND, 100000, DISK);
	ck_assert_int_eq(users_load(&users, &kfs), 0);
	ck_assert_uint_eq(users.entries.count, 2);
	users_done(&users);
}
END_TEST

Suite *suite_users(void)
{
	Suite *suite = suite_create("users");
	TCase *tcase = tcase_create("mounts");

	/* Tens of MiB are read, which takes long under a sanitizer. */
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, mounts_beyond_the_bound_block_each_device);
	tcase_add_test(tcase,
		       mounts_of_another_namespace_beyond_the_bound_block_each_device);
	tcase_add_test(tcase, mounts_of_another_user_namespace_block_no_device);
	tcase_add_test(tcase, mounts_of_other_user_namespaces_hide_no_mount_of_ours);
	tcase_add_test(tcase, repeated_mounts_of_a_device_are_one_entry);
	suite_add_tcase(suite, tcase);
	return suite;
}
