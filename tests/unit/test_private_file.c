/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/private_file.h"

#include "base/cleanup.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *dir, *path, *other;

static void setup(void)
{
	dir = unit_dir();
	ck_assert_int_ge(asprintf(&path, "%s/capture", dir), 0);
	other = unit_write(dir, "other", "before", 6);
}

static void teardown(void)
{
	free(dir);
	free(path);
	free(other);
}

static void expect_text(const char *file, const char *want)
{
	size_t len;
	_cleanup_free_ char *text = unit_read(file, &len);

	ck_assert_str_eq(text, want);
}

START_TEST(private_file_is_for_its_owner_alone)
{
	mode_t mask = umask(0);
	struct stat st;

	ck_assert_int_eq(private_file_write(path, "secret", 6), 0);
	umask(mask);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	expect_text(path, "secret");
}
END_TEST

START_TEST(private_file_follows_no_link)
{
	ck_assert_int_eq(symlink("other", path), 0);
	ck_assert_int_eq(private_file_write(path, "secret", 6), -ELOOP);
	expect_text(other, "before");
}
END_TEST

START_TEST(private_file_follows_no_link_to_nowhere)
{
	ck_assert_int_eq(symlink("new", path), 0);
	ck_assert_int_eq(private_file_write(path, "secret", 6), -ELOOP);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(private_file_is_no_fifo_of_another)
{
	ck_assert_int_eq(mkfifo(path, 0666), 0);
	ck_assert_int_eq(private_file_write(path, "secret", 6), -EEXIST);
}
END_TEST

/* The text reaches no open file and no other link of the old file. */
START_TEST(private_file_does_not_write_into_an_old_file)
{
	struct stat st;

	ck_assert_int_eq(link(other, path), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(private_file_write(path, "secret", 6), 0);
	expect_text(other, "before");
	expect_text(path, "secret");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
}
END_TEST

START_TEST(private_file_needs_no_directory_in_its_path)
{
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(private_file_write("capture", "secret", 6), 0);
	expect_text(path, "secret");
}
END_TEST

Suite *suite_private_file(void)
{
	Suite *suite = suite_create("private_file");
	TCase *tcase = tcase_create("write");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, private_file_is_for_its_owner_alone);
	tcase_add_test(tcase, private_file_follows_no_link);
	tcase_add_test(tcase, private_file_follows_no_link_to_nowhere);
	tcase_add_test(tcase, private_file_is_no_fifo_of_another);
	tcase_add_test(tcase, private_file_does_not_write_into_an_old_file);
	tcase_add_test(tcase, private_file_needs_no_directory_in_its_path);
	suite_add_tcase(suite, tcase);
	return suite;
}
