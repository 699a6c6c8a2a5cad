/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>

START_TEST(str_format_allocates_what_it_formats)
{
	char *text = NULL;

	ck_assert_int_eq(str_format(&text, "%s-%d", "rd", 7), 0);
	ck_assert_str_eq(text, "rd-7");
	free(text);
}
END_TEST

START_TEST(str_format_leaves_null_where_it_fails)
{
	char before[] = "before", *text = before;

	/* In the locale "C" no byte sequence stands for this character. */
	ck_assert_int_eq(str_format(&text, "%ls", L"\x20ac"), -ENOMEM);
	ck_assert_ptr_null(text);
}
END_TEST

Suite *suite_str(void)
{
	return unit_suite("str", str_format_allocates_what_it_formats,
			  str_format_leaves_null_where_it_fails, NULL);
}
