/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_load() and the file: its type, its mode, its size and its digest. */
#include "model/config.h"

#include "base/cleanup.h"
#include "fake_class.h"
#include "model/config_trust.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char good[] = "version: 1\nthings:\n- name: t1\n  size: 4KiB\n";

static char *dir;
static struct model model;
static char sha256[CONFIG_SHA256_LEN];

static void setup(void)
{
	dir = unit_dir();
}

static void teardown(void)
{
	model_done(&model);
	free(dir);
}

/* Takes @path over. *ret_message is what is said about it, without its name. */
static int load_trusting(enum config_trust trust, char *path, char **ret_message)
{
	_cleanup_free_ char *owned = path, *shown = NULL;
	struct diag diag;
	int r;

	ck_assert_int_eq(diag_init(&diag, "f"), 0);
	r = config_load(&(struct config_source){ .path = owned, .trust = trust },
			fake_classes, &diag, &model, sha256);
	shown = unit_diag_text(&diag);
	diag_done(&diag);
	if (ret_message)
		*ret_message = strdup(strlen(shown) > 3 ? shown + 3 : shown);
	return r;
}

static int load(char *path, char **ret_message)
{
	return load_trusting(CONFIG_OF_ANYBODY, path, ret_message);
}

static void expect_refused_trusting(enum config_trust trust, char *path,
				    const char *message)
{
	_cleanup_free_ char *got = NULL;

	ck_assert_int_eq(load_trusting(trust, path, &got), -EINVAL);
	ck_assert_str_eq(got, message);
	ck_assert_uint_eq(model.objs.count, 0);
	ck_assert_str_eq(sha256, "");
}

static void expect_refused(char *path, const char *message)
{
	expect_refused_trusting(CONFIG_OF_ANYBODY, path, message);
}

static char *path_of(const char *name)
{
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/%s", dir, name), 0);
	return path;
}

START_TEST(config_load_reads_and_digests_the_file)
{
	ck_assert_int_eq(load(unit_write(dir, "f", good, strlen(good)), NULL), 0);
	ck_assert_uint_eq(model.objs.count, 1);
	/* printf 'version: 1\nthings:\n- name: t1\n  size: 4KiB\n' | sha256sum */
	ck_assert_str_eq(
		sha256,
		"a7a6612e9c6a8357017d35a0fe81fa42636744981de6feb2ae45e33e3373b722");
}
END_TEST

START_TEST(config_load_follows_a_link)
{
	free(unit_write(dir, "real", good, strlen(good)));
	char *link = path_of("link");

	ck_assert_int_eq(symlink("real", link), 0);
	ck_assert_int_eq(load(link, NULL), 0);
}
END_TEST

START_TEST(config_load_refuses_a_missing_file)
{
	expect_refused(path_of("none"),
		       "cannot open the file: No such file or directory; examples are in "
		       "/usr/share/doc/rapiddisk/examples\n");
}
END_TEST

START_TEST(config_load_refuses_a_directory)
{
	expect_refused(strdup(dir), "is not a regular file but a directory\n");
}
END_TEST

START_TEST(config_load_refuses_a_fifo_without_waiting_for_a_writer)
{
	char *path = path_of("fifo");

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refused(path, "is not a regular file but a FIFO\n");
}
END_TEST

START_TEST(config_load_refuses_a_device)
{
	expect_refused(strdup("/dev/zero"),
		       "is not a regular file but a device or socket\n");
}
END_TEST

START_TEST(config_load_refuses_an_empty_file)
{
	expect_refused(unit_write(dir, "f", "", 0),
		       "the file is empty; begin with 'version: 1'\n");
}
END_TEST

/* Count the bytes that this process has read. */
static unsigned long long bytes_read(void)
{
	_cleanup_fclose_ FILE *io = fopen("/proc/self/io", "re");
	unsigned long long bytes = 0;

	ck_assert_ptr_nonnull(io);
	ck_assert_int_eq(fscanf(io, "rchar: %llu", &bytes), 1);
	return bytes;
}

START_TEST(config_load_refuses_a_large_file_unread)
{
	char *path = unit_write(dir, "f", good, strlen(good));
	unsigned long long before;

	ck_assert_int_eq(truncate(path, 100 << 20), 0);
	before = bytes_read();
	expect_refused(path, "is larger than 16 MiB\n");
	ck_assert_uint_lt(bytes_read() - before, 65536);
}
END_TEST

START_TEST(config_load_refuses_utf16)
{
	static const char utf16[] = "\xff\xfev\0e\0r\0s\0i\0o\0n\0:\0 \0001\0";

	expect_refused(unit_write(dir, "f", utf16, sizeof(utf16) - 1),
		       "is UTF-16 or UTF-32 text; save the file as UTF-8\n");
}
END_TEST

START_TEST(config_load_refuses_for_root_what_everybody_can_write)
{
	char *path = unit_write(dir, "f", good, strlen(good));

	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	if (geteuid() == 0)
		expect_refused(strdup(path),
			       "is writable by everybody, so anybody could command root; "
			       "run 'chmod o-w' on the file\n");
	unit_drop_rights();
	ck_assert_int_eq(load(path, NULL), 0);
	ck_assert_uint_eq(model.objs.count, 1);
	unit_restore_rights();
}
END_TEST

/* A file and its directory, and the error with CONFIG_OF_OWNER if the tests run as root. */
static const struct {
	uid_t owner;
	gid_t group;
	mode_t mode;
	uid_t dir_owner;
	gid_t dir_group;
	mode_t dir_mode;
	const char *error; /* NULL: the file is accepted */
	bool is_of_dir;	   /* the error begins with the directory */
} owners[] = {
	{ 0, 0, 0644, 0, 0, 0755, NULL, false },
	{ 0, 0, 0664, 0, 0, 0775, NULL, false },
	{ 0, 65534, 0640, 0, 65534, 0750, NULL, false },
	/* In a directory like /tmp, no other user can replace a file of root's. */
	{ 0, 0, 0600, 0, 0, 01777, NULL, false },
	{ 65534, 0, 0644, 0, 0, 0755,
	  "belongs to user 65534, who could command root; run 'chown root'\n", false },
	{ 65534, 65534, 0400, 0, 0, 0755,
	  "belongs to user 65534, who could command root; run 'chown root'\n", false },
	{ 0, 65534, 0664, 0, 0, 0755,
	  "is writable by group 65534, which could command root; run 'chmod g-w'\n",
	  false },
	{ 0, 0, 0644, 65534, 0, 0755,
	  "belongs to user 65534, who could replace the file; "
	  "run 'chown root'\n",
	  true },
	{ 0, 0, 0644, 65534, 0, 01777,
	  "belongs to user 65534, who could replace the file; "
	  "run 'chown root'\n",
	  true },
	{ 0, 0, 0644, 0, 65534, 0775,
	  "is writable by group 65534, which could replace the file; "
	  "run 'chmod g-w'\n",
	  true },
	{ 0, 0, 0644, 0, 0, 0777,
	  "is writable by everybody, so anybody could replace the "
	  "file; run 'chmod o-w'\n",
	  true },
};

static void expect_of_owner(char *path, int i)
{
	_cleanup_free_ char *want = NULL;

	if (!owners[i].error) {
		ck_assert_int_eq(load_trusting(CONFIG_OF_OWNER, path, NULL), 0);
		return;
	}
	ck_assert_int_ge(owners[i].is_of_dir ? asprintf(&want, "the directory '%s' %s",
							dir, owners[i].error)
					     : asprintf(&want, "%s", owners[i].error),
			 0);
	expect_refused_trusting(CONFIG_OF_OWNER, strdup(path), want);
	/* The same file is as good as any where nobody is commanded. */
	ck_assert_int_eq(load(path, NULL), 0);
}

START_TEST(config_load_refuses_what_others_could_change)
{
	char *path = unit_write(dir, "f", good, strlen(good));

	if (geteuid() != 0) {
		free(path);
		return;
	}
	ck_assert_int_eq(chown(path, owners[_i].owner, owners[_i].group), 0);
	ck_assert_int_eq(chmod(path, owners[_i].mode), 0);
	ck_assert_int_eq(chown(dir, owners[_i].dir_owner, owners[_i].dir_group), 0);
	ck_assert_int_eq(chmod(dir, owners[_i].dir_mode), 0);
	expect_of_owner(path, _i);
}
END_TEST

/* The link leads to a file of root's, but others can point the link at another file. */
START_TEST(config_load_checks_the_directory_of_a_link)
{
	_cleanup_free_ char *below = path_of("below"), *want = NULL;
	char *link = path_of("below/link");

	free(unit_write(dir, "real", good, strlen(good)));
	ck_assert_int_eq(mkdir(below, 0755), 0);
	ck_assert_int_eq(symlink("../real", link), 0);
	ck_assert_int_eq(load_trusting(CONFIG_OF_OWNER, strdup(link), NULL), 0);
	model_done(&model);
	sha256[0] = '\0';
	ck_assert_int_eq(chmod(below, 0777), 0);
	ck_assert_int_ge(
		asprintf(&want,
			 "the directory '%s' is writable by everybody, so anybody "
			 "could replace the file; run 'chmod o-w'\n",
			 below),
		0);
	expect_refused_trusting(CONFIG_OF_OWNER, link, want);
}
END_TEST

START_TEST(config_load_accepts_a_file_of_the_caller)
{
	char *path = unit_write(dir, "f", good, strlen(good));

	ck_assert_int_eq(chmod(dir, 0755), 0);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(path, 65534, 65534), 0);
		ck_assert_int_eq(chown(dir, 65534, 65534), 0);
	}
	unit_drop_rights();
	ck_assert_int_eq(load_trusting(CONFIG_OF_OWNER, path, NULL), 0);
	unit_restore_rights();
}
END_TEST

START_TEST(config_load_refuses_a_file_that_it_may_not_read)
{
	char *path = unit_write(dir, "f", good, strlen(good));

	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	unit_drop_rights();
	expect_refused(path, "cannot open the file: Permission denied\n");
	unit_restore_rights();
}
END_TEST

START_TEST(config_load_reads_files_that_claim_to_have_no_size)
{
	/* Regular, of size 0, and with text in it. */
	_cleanup_free_ char *message = NULL;

	ck_assert_int_eq(load(strdup("/proc/version"), &message), -EINVAL);
	ck_assert_ptr_null(strstr(message, "the file is empty"));
}
END_TEST

/* The path led to another file when it was opened. */
START_TEST(config_trust_refuses_a_path_that_leads_elsewhere)
{
	_cleanup_free_ char *path = unit_write(dir, "a", good, strlen(good));
	_cleanup_free_ char *other = unit_write(dir, "b", good, strlen(good));
	_cleanup_free_ char *shown = NULL;
	_cleanup_close_ int fd = open(other, O_RDONLY | O_CLOEXEC);
	struct diag diag;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(diag_init(&diag, "f"), 0);
	ck_assert_int_eq(config_trust_check(fd, other, 0, &diag), 0);
	ck_assert_int_eq(config_trust_check(fd, path, 0, &diag), -EINVAL);
	shown = unit_diag_text(&diag);
	diag_done(&diag);
	ck_assert_str_eq(shown,
			 "f: was replaced while it was read; run the command again\n");
}
END_TEST

Suite *suite_config_file(void)
{
	Suite *suite = suite_create("config_file");
	TCase *tcase = tcase_create("config_load");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, config_load_reads_and_digests_the_file);
	tcase_add_test(tcase, config_load_follows_a_link);
	tcase_add_test(tcase, config_load_refuses_a_missing_file);
	tcase_add_test(tcase, config_load_refuses_a_directory);
	tcase_add_test(tcase, config_load_refuses_a_fifo_without_waiting_for_a_writer);
	tcase_add_test(tcase, config_load_refuses_a_device);
	tcase_add_test(tcase, config_load_refuses_an_empty_file);
	tcase_add_test(tcase, config_load_refuses_a_large_file_unread);
	tcase_add_test(tcase, config_load_refuses_utf16);
	tcase_add_test(tcase, config_load_refuses_for_root_what_everybody_can_write);
	tcase_add_loop_test(tcase, config_load_refuses_what_others_could_change, 0,
			    (int)ARRAY_SIZE(owners));
	tcase_add_test(tcase, config_load_checks_the_directory_of_a_link);
	tcase_add_test(tcase, config_load_accepts_a_file_of_the_caller);
	tcase_add_test(tcase, config_load_refuses_a_file_that_it_may_not_read);
	tcase_add_test(tcase, config_load_reads_files_that_claim_to_have_no_size);
	tcase_add_test(tcase, config_trust_refuses_a_path_that_leads_elsewhere);
	suite_add_tcase(suite, tcase);
	return suite;
}
