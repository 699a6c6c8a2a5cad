/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/pattern.h"

#include "unit.h"

#include <errno.h>

START_TEST(pattern_check_says_where_the_text_goes_wrong)
{
	static const char pattern[] = "^rd[0-9]{1,3}$";
	size_t offset = 99;

	ck_assert_int_eq(pattern_check(pattern, "rd7", &offset), 0);
	ck_assert_uint_eq(offset, 99);
	ck_assert_int_eq(pattern_check(pattern, "rd7x", &offset), -EINVAL);
	ck_assert_uint_eq(offset, 3);
	ck_assert_int_eq(pattern_check(pattern, "rd1234", &offset), -EINVAL);
	ck_assert_uint_eq(offset, 5);
	ck_assert_int_eq(pattern_check(pattern, "x", &offset), -EINVAL);
	ck_assert_uint_eq(offset, 0);
}
END_TEST

START_TEST(pattern_check_keeps_more_patterns_apart_than_it_remembers)
{
	static char patterns[40][16];
	char text[16];
	size_t offset;

	for (int i = 0; i < 40; i++)
		snprintf(patterns[i], sizeof(patterns[i]), "^x%d$", i);
	for (int i = 0; i < 400; i++) {
		int n = i * 7 % 40;

		snprintf(text, sizeof(text), "x%d", n);
		ck_assert_int_eq(pattern_check(patterns[n], text, &offset), 0);
		ck_assert_int_eq(pattern_check(patterns[(n + 1) % 40], text, &offset),
				 -EINVAL);
	}
}
END_TEST

Suite *suite_pattern(void)
{
	return unit_suite("pattern", pattern_check_says_where_the_text_goes_wrong,
			  pattern_check_keeps_more_patterns_apart_than_it_remembers,
			  NULL);
}
