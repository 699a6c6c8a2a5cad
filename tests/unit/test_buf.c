/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include "unit.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

START_TEST(buf_grows_as_text_is_added)
{
	struct buf buf = { 0 };

	for (int i = 0; i < 1000; i++)
		buf_addf(&buf, "%03d,", i);
	buf_add_bytes(&buf, "end\0more", 3);
	ck_assert(!buf.failed);
	ck_assert_uint_eq(buf.len, 4003);
	ck_assert(memcmp(buf.data, "000,001,", 8) == 0);
	ck_assert_str_eq(buf.data + 3996, "999,end");
	buf_done(&buf);
}
END_TEST

START_TEST(buf_take_of_an_empty_buffer_gives_an_empty_text)
{
	struct buf buf = { 0 };
	char *text = NULL;

	ck_assert_int_eq(buf_take(&buf, &text), 0);
	ck_assert_str_eq(text, "");
	ck_assert_ptr_null(buf.data);
	free(text);
}
END_TEST

START_TEST(buf_take_reports_an_append_that_found_no_memory)
{
	struct buf buf = { 0 };
	char *text = NULL;

	buf_add(&buf, "something");
	buf_add_bytes(&buf, "x", SIZE_MAX - 2);
	buf_add(&buf, "more");
	ck_assert(buf.failed);
	ck_assert_int_eq(buf_take(&buf, &text), -ENOMEM);
	ck_assert_ptr_null(text);
	ck_assert_ptr_null(buf.data);
	ck_assert(!buf.failed);
}
END_TEST

START_TEST(buf_add_choice_puts_or_before_the_last_word)
{
	static const char *const one[] = { "a", NULL };
	static const char *const three[] = { "a", "b", "c", NULL };
	struct buf buf = { 0 };

	buf_add_choice(&buf, one);
	buf_add(&buf, "; ");
	buf_add_choice(&buf, three);
	ck_assert_str_eq(buf.data, "a; a, b or c");
	buf_done(&buf);
}
END_TEST

START_TEST(buf_prints_numbers_in_decimal)
{
	struct buf buf = { 0 };

	buf_add_u64(&buf, 0);
	buf_add(&buf, " ");
	buf_add_u64(&buf, 1090);
	buf_add(&buf, " ");
	buf_add_u64(&buf, UINT64_MAX);
	ck_assert_str_eq(buf.data, "0 1090 18446744073709551615");
	buf_done(&buf);
}
END_TEST

Suite *suite_buf(void)
{
	return unit_suite("buf", buf_grows_as_text_is_added,
			  buf_prints_numbers_in_decimal,
			  buf_take_of_an_empty_buffer_gives_an_empty_text,
			  buf_take_reports_an_append_that_found_no_memory,
			  buf_add_choice_puts_or_before_the_last_word, NULL);
}
