/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs all suites. CK_RUN_SUITE=name, CK_RUN_CASE and CK_FORK=no work as Check has them.
 */
#include "unit.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "fuzz/scratch.h"

#include <glob.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* The parent of the directories of all tests. Each test is a process of its own. */
static char top_dir[] = "/tmp/rapiddisk-unit-XXXXXX";

Suite *unit_suite(const char *name, ...)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	const TTest *test;
	va_list args;

	/* Slow machines, sanitizers and valgrind: a limit for what hangs, no measure. */
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	va_start(args, name);
	while ((test = va_arg(args, const TTest *)))
		tcase_add_test(tcase, test);
	va_end(args);
	return suite;
}

void unit_add_loop_test(Suite *suite, const TTest *test, int rows)
{
	TCase *tcase = tcase_create(test->name);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test, 0, rows);
	suite_add_tcase(suite, tcase);
}

char *unit_dir(void)
{
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/XXXXXX", top_dir), 0);
	ck_assert_ptr_nonnull(mkdtemp(path));
	return path;
}

char *unit_write(const char *dir, const char *name, const char *bytes, size_t len)
{
	_cleanup_fclose_ FILE *file = NULL;
	char *path;

	ck_assert_int_ge(asprintf(&path, "%s/%s", dir, name), 0);
	file = fopen(path, "we");
	ck_assert_msg(file != NULL, "cannot write %s", path);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	return path;
}

char *unit_read(const char *path, size_t *ret_len)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	struct buf text = { 0 };
	char chunk[4096], *ret;
	size_t n;

	ck_assert_msg(file != NULL, "cannot read %s", path);
	while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buf_add_bytes(&text, chunk, n);
	*ret_len = text.len;
	ck_assert_int_eq(buf_take(&text, &ret), 0);
	return ret;
}

void unit_drop_rights(void)
{
	if (geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
}

void unit_restore_rights(void)
{
	if (getuid() != 0)
		return;
	ck_assert_int_eq(seteuid(0), 0);
	/* The change of user took it away, and the leak sanitizer needs it. */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
}

void unit_corpus(const char *pattern, const char *(*check)(const char *bytes, size_t len))
{
	glob_t files;

	ck_assert_msg(glob(pattern, GLOB_ERR, NULL, &files) == 0,
		      "no %s: run this in the directory of the Makefile", pattern);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		_cleanup_free_ char *bytes = NULL;
		const char *broken;
		size_t len;

		bytes = unit_read(files.gl_pathv[i], &len);
		broken = check(bytes, len);
		ck_assert_msg(!broken, "%s: %s", files.gl_pathv[i], broken);
	}
	globfree(&files);
}

char *unit_diag_text(const struct diag *diag)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	diag_print(diag, out);
	/* The text may move when the stream is closed. */
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

int main(void)
{
	SRunner *runner = srunner_create(NULL);
	int ran, failed;

	if (!mkdtemp(top_dir)) {
		perror(top_dir);
		return EXIT_FAILURE;
	}
	/* Some tests become another user, who must reach their directories. */
	if (chmod(top_dir, 0755) < 0)
		perror(top_dir);
#define SUITE(name) srunner_add_suite(runner, suite_##name());
#include "suites.h"
#undef SUITE
	srunner_run_all(runner, CK_ENV);
	ran = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	scratch_remove_tree(top_dir);
	printf("%d passed, %d failed\n", ran - failed, failed);
	return failed || ran == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
