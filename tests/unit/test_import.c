/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The import of a file of nvmetcli, each of whose values is replaced by odd ones. */
#include "base/cleanup.h"
#include "base/macro.h"
#include "fuzz/property.h"
#include "golden/tree_dir.h"
#include "unit.h"

#include <jansson.h>

#define SAMPLE "tests/golden/cases/export-import-nvmetcli.txt"

/* JSON; NULL: the value is removed. */
static const char *const odd[] = {
	NULL,
	"null",
	"true",
	"0",
	"-1",
	"70000",
	"4294967295",
	"1e9",
	"[]",
	"{}",
	"\"\"",
	"\"testnqn\"",
	"\"0x10\"",
	"\".\"",
	"\"..\"",
	"\"a/b\"",
	"\"two words\"",
	"\"x: # y\"",
	"\"line\\nbreak\"",
	"\"%H\"",
	"\"fe80::1%eth0\"",
	"\"::\"",
	"\"fc\"",
	"\"loop\"",
	"\"/srv/disk.img\"",
	"\"nqn.2014-08.org.nvmexpress.discovery\"",
	"\"\\u0085\\u00e9\"",
};

static json_t *make_odd(size_t i)
{
	return json_loads(odd[i], JSON_DECODE_ANY, NULL);
}

/* Replace the value of number *@at below @value, counted in depth. True if it was found. */
static bool replace(json_t *value, size_t *at, size_t row)
{
	const char *key;
	json_t *child;
	void *next;
	size_t i;

	json_object_foreach_safe(value, next, key, child)
	{
		if ((*at)-- == 0)
			return odd[row] ? json_object_set_new(value, key,
							      make_odd(row)) == 0
					: json_object_del(value, key) == 0;
		if (replace(child, at, row))
			return true;
	}
	json_array_foreach (value, i, child) {
		if ((*at)-- == 0)
			return odd[row] ? json_array_set_new(value, i, make_odd(row)) == 0
					: json_array_remove(value, i) == 0;
		if (replace(child, at, row))
			return true;
	}
	return false;
}

static json_t *load_sample(void)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	const struct tree_entry *file;
	json_t *sample;

	ck_assert_msg(tree_load(SAMPLE, "tests/golden", stderr, &tree) == 0,
		      "no case " SAMPLE ": run this in the directory of the Makefile");
	file = tree_find(&tree, "etc/nvmetcli.json");
	ck_assert_ptr_nonnull(file);
	sample = json_loadb(file->data, file->len, 0, NULL);
	ck_assert_ptr_nonnull(sample);
	return sample;
}

START_TEST(an_import_of_odd_values_is_a_valid_configuration)
{
	json_t *sample = load_sample();
	size_t row = (size_t)_i, count = 0;

	for (;; count++) {
		json_t *copy = json_deep_copy(sample);
		_cleanup_free_ char *text = NULL;
		size_t at = count;
		const char *error;
		bool found = replace(copy, &at, row);

		text = json_dumps(copy, 0);
		json_decref(copy);
		if (!found)
			break;
		ck_assert(text != NULL);
		error = import_property_check(text, strlen(text));
		ck_assert_msg(!error, "%s: %s", error, text);
	}
	json_decref(sample);
	ck_assert_uint_gt(count, 100);
}
END_TEST

START_TEST(the_corpus_imports_as_a_valid_configuration)
{
	unit_corpus("tests/fuzz/corpus-import/*", import_property_check);
}
END_TEST

Suite *suite_import(void)
{
	Suite *suite =
		unit_suite("import", the_corpus_imports_as_a_valid_configuration, NULL);

	unit_add_loop(suite, an_import_of_odd_values_is_a_valid_configuration,
		      ARRAY_SIZE(odd));
	return suite;
}
