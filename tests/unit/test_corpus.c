/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the seeds of the fuzzer, and what it found, without a fuzzer. */
#include "base/cleanup.h"
#include "base/macro.h"
#include "fake_class.h"
#include "fuzz/property.h"
#include "kind/kinds.h"
#include "unit.h"

#include <dirent.h>

#define CORPUS "tests/fuzz/corpus"

static void replay(const struct obj_class *const *classes)
{
	DIR *corpus = opendir(CORPUS);
	unsigned int files = 0;
	struct dirent *entry;

	ck_assert_msg(corpus != NULL,
		      "no directory %s: run this in the directory of the Makefile",
		      CORPUS);
	while ((entry = readdir(corpus))) {
		_cleanup_free_ char *path = NULL, *text = NULL;
		const char *error;
		size_t len = 0;

		if (entry->d_name[0] == '.')
			continue;
		ck_assert_int_ge(asprintf(&path, CORPUS "/%s", entry->d_name), 0);
		text = unit_read(path, &len);
		error = property_check(text, len, classes);
		ck_assert_msg(!error, "%s: %s", path, error);
		files++;
	}
	closedir(corpus);
	ck_assert_uint_gt(files, 0);
}

START_TEST(corpus_holds_with_the_real_classes)
{
	replay(kind_classes);
}
END_TEST

START_TEST(corpus_holds_with_classes_of_every_field_type)
{
	replay(fake_classes);
}
END_TEST

Suite *suite_corpus(void)
{
	return unit_suite("corpus", corpus_holds_with_the_real_classes,
			  corpus_holds_with_classes_of_every_field_type, NULL);
}
