/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/object.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "fake_class.h"
#include "unit.h"

static struct obj *thing;

static void setup(void)
{
	thing = obj_new(&fake_thing);
	ck_assert_ptr_nonnull(thing);
}

static void teardown(void)
{
	obj_free(thing);
}

static void parse(struct obj *obj, unsigned int index, const char *text)
{
	_cleanup_free_ char *error = NULL;
	size_t offset = 0;
	int r = field_parse(obj, index, text, &error, &offset);

	ck_assert_msg(r == 0, "'%s': %s at %zu", text, error, offset);
}

static const struct {
	unsigned int index;
	const char *text, *printed;
} good[] = {
	{ THING_NAME, "t0", "t0" },
	{ THING_LABEL, "two words", "two words" },
	{ THING_LABEL, "123", "\"123\"" },
	{ THING_SIZE, "2048MiB", "2GiB" },
	{ THING_SIZE, "25%", "25%" },
	{ THING_SIZE, "min(25%, 8GiB)", "min(25%, 8GiB)" },
	{ THING_SIZE, "min(4GiB, 8GiB)", "4GiB" },
	{ THING_SIZE, "1TiB", "1TiB" },
	{ THING_SHARE, "0", "0" },
	{ THING_COUNT, "1", "1" },
	{ THING_COUNT, "64", "64" },
	{ THING_FLAG, "true", "true" },
	{ THING_FLAG, "false", "false" },
	{ THING_MODE, "fast", "fast" },
	{ THING_MODE, "off", "off" },
};

START_TEST(field_parse_and_print_agree)
{
	struct buf out = { 0 };

	ck_assert(!field_is_set(thing, good[_i].index));
	parse(thing, good[_i].index, good[_i].text);
	ck_assert(field_is_set(thing, good[_i].index));
	field_print(thing, good[_i].index, &out);
	ck_assert_str_eq(out.data, good[_i].printed);
	buf_done(&out);
}
END_TEST

static const struct {
	unsigned int index;
	const char *text;
	size_t offset;
	const char *error;
} bad[] = {
	{ THING_NAME, "t0x", 2, "expected 't' and a number" },
	{ THING_NAME, "t0 trailing", 2, "expected 't' and a number" },
	{ THING_NAME, "x", 0, "expected 't' and a number" },
	{ THING_NAME, "", 0, "expected 't' and a number" },
	{ THING_LABEL, "a\x1b[1m", 1, "cannot be printed" },
	{ THING_LABEL, "a\nb", 1, "cannot be printed" },
	{ THING_LABEL, "ab\xff", 2, "cannot be printed" },
	{ THING_SIZE, "0", 0, "at least 512" },
	{ THING_SIZE, "511", 0, "at least 512" },
	{ THING_SIZE, "513", 0, "multiple of 512 bytes" },
	{ THING_SIZE, "2TiB", 0, "at most 1TiB" },
	{ THING_SIZE, "min(25%, 513)", 9, "multiple of 512 bytes" },
	{ THING_SIZE, "max(25%, min(4KiB, 1))", 19, "at least 512" },
	{ THING_SIZE, "1.5GiB", 1, "1536MiB" },
	{ THING_COUNT, "0", 0, "from 1 to 64" },
	{ THING_COUNT, "65", 0, "at most 64" },
	{ THING_COUNT, "-1", 0, "digits only" },
	{ THING_COUNT, "1x", 1, "digits only" },
	{ THING_COUNT, "010", 0, "leading zero" },
	{ THING_COUNT, "18446744073709551616", 0, "64 bits" },
	{ THING_FLAG, "yes", 0, "write true or false" },
	{ THING_FLAG, "True", 0, "write true or false" },
	{ THING_FLAG, "1", 0, "write true or false" },
	{ THING_MODE, "Fast", 0, "expected slow, fast or off" },
};

START_TEST(field_parse_refuses_and_leaves_the_object_as_it_was)
{
	const char *before[] = {
		[THING_NAME] = "t7",  [THING_SIZE] = "8KiB", [THING_LABEL] = "old",
		[THING_COUNT] = "64", [THING_FLAG] = "true", [THING_MODE] = "fast",
	};
	const char *old = before[bad[_i].index];
	_cleanup_free_ char *error = NULL;
	struct buf out = { 0 };
	size_t offset = 999;
	int r;

	parse(thing, bad[_i].index, old);
	r = field_parse(thing, bad[_i].index, bad[_i].text, &error, &offset);
	ck_assert_msg(r == -EINVAL, "'%s': %d", bad[_i].text, r);
	ck_assert_msg(strstr(error, bad[_i].error), "'%s': %s", bad[_i].text, error);
	ck_assert_msg(offset == bad[_i].offset, "'%s': offset %zu", bad[_i].text, offset);
	field_print(thing, bad[_i].index, &out);
	ck_assert_str_eq(out.data, old);
	buf_done(&out);
}
END_TEST

START_TEST(field_parse_refuses_a_string_longer_than_any_path)
{
	char text[5001];
	char *error = NULL;
	size_t offset = 0;

	memset(text, 'a', 5000);
	text[5000] = '\0';
	ck_assert_int_eq(field_parse(thing, THING_LABEL, text, &error, &offset), -EINVAL);
	ck_assert_str_eq(error, "longer than 4096 bytes");
	free(error);
}
END_TEST

START_TEST(field_resolve_evaluates_what_speaks_of_ram)
{
	struct buf out = { 0 };

	parse(thing, THING_SIZE, "min(25%, 8GiB)");
	parse(thing, THING_SHARE, "4096");
	ck_assert_uint_eq(field_size(thing, THING_SIZE)->bytes, 0);
	field_resolve(thing, THING_SIZE, UINT64_C(16) << 30);
	field_resolve(thing, THING_SHARE, UINT64_C(16) << 30);
	field_resolve(thing, THING_USED, UINT64_C(16) << 30);
	ck_assert_uint_eq(field_size(thing, THING_SIZE)->bytes, UINT64_C(4) << 30);
	ck_assert_str_eq(field_size(thing, THING_SIZE)->text, "min(25%, 8GiB)");
	ck_assert_uint_eq(field_size(thing, THING_SHARE)->bytes, 4096);
	field_print(thing, THING_SIZE, &out);
	ck_assert_str_eq(out.data, "4GiB");
	buf_done(&out);
	field_resolve(thing, THING_SIZE, UINT64_C(64) << 30);
	ck_assert_uint_eq(field_size(thing, THING_SIZE)->bytes, UINT64_C(8) << 30);
}
END_TEST

START_TEST(field_setters_of_what_is_observed_set_the_bit)
{
	ck_assert_int_eq(field_set_string(thing, THING_NAME, "t1"), 0);
	ck_assert_int_eq(field_set_string(thing, THING_NAME, "t2"), 0);
	parse(thing, THING_SIZE, "25%");
	field_set_size(thing, THING_SIZE, 4096);
	field_set_uint(thing, THING_COUNT, 99);
	field_set_bool(thing, THING_FLAG, true);
	ck_assert_str_eq(field_string(thing, THING_NAME), "t2");
	ck_assert_uint_eq(field_size(thing, THING_SIZE)->bytes, 4096);
	ck_assert_ptr_null(field_size(thing, THING_SIZE)->text);
	ck_assert_uint_eq(field_uint(thing, THING_COUNT), 99);
	ck_assert(field_bool(thing, THING_FLAG));
	ck_assert_uint_eq(thing->set, 1 << THING_NAME | 1 << THING_SIZE |
					      1 << THING_COUNT | 1 << THING_FLAG);
}
END_TEST

START_TEST(field_clear_unsets)
{
	parse(thing, THING_SIZE, "25%");
	parse(thing, THING_LABEL, "x");
	field_clear(thing, THING_SIZE);
	field_clear(thing, THING_LABEL);
	field_clear(thing, THING_FLAG);
	ck_assert_uint_eq(thing->set, 0);
}
END_TEST

static const struct {
	unsigned int index;
	const char *a, *b;
	bool equal;
} pairs[] = {
	{ THING_SIZE, "2GiB", "2048MiB", true }, { THING_SIZE, "2GiB", "2049MiB", false },
	{ THING_LABEL, "a", "a", true },	 { THING_LABEL, "a", "b", false },
	{ THING_COUNT, "1", "1", true },	 { THING_COUNT, "1", "2", false },
	{ THING_FLAG, "true", "true", true },	 { THING_FLAG, "true", "false", false },
	{ THING_MODE, "slow", "slow", true },	 { THING_MODE, "slow", "fast", false },
};

START_TEST(field_equal_compares_values_and_not_their_spelling)
{
	struct obj *other = obj_new(&fake_thing);

	parse(thing, pairs[_i].index, pairs[_i].a);
	parse(other, pairs[_i].index, pairs[_i].b);
	ck_assert_msg(field_equal(thing, other, pairs[_i].index) == pairs[_i].equal,
		      "'%s', '%s'", pairs[_i].a, pairs[_i].b);
	obj_free(other);
}
END_TEST

static void add(Suite *suite, const TTest *test, size_t rows)
{
	TCase *tcase = tcase_create(test->name);

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test, 0, (int)rows);
	suite_add_tcase(suite, tcase);
}

Suite *suite_field(void)
{
	Suite *suite = suite_create("field");

	add(suite, field_parse_and_print_agree, ARRAY_SIZE(good));
	add(suite, field_parse_refuses_and_leaves_the_object_as_it_was, ARRAY_SIZE(bad));
	add(suite, field_parse_refuses_a_string_longer_than_any_path, 1);
	add(suite, field_resolve_evaluates_what_speaks_of_ram, 1);
	add(suite, field_setters_of_what_is_observed_set_the_bit, 1);
	add(suite, field_clear_unsets, 1);
	add(suite, field_equal_compares_values_and_not_their_spelling, ARRAY_SIZE(pairs));
	return suite;
}
