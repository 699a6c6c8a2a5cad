/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/diag.h"

#include "base/cleanup.h"
#include "unit.h"

static struct diag diag;

static void start(const char *text)
{
	ck_assert_int_eq(diag_init(&diag, "some.yaml"), 0);
	if (text)
		ck_assert_int_eq(diag_set_text(&diag, 0, text, strlen(text)), 0);
}

static void expect(const char *want)
{
	_cleanup_free_ char *text = unit_diag_text(&diag);

	ck_assert_str_eq(text, want);
	diag_done(&diag);
}

START_TEST(diag_prints_place_message_line_and_caret)
{
	start("one\ntwo: x\nthree\n");
	ck_assert(diag_is_empty(&diag));
	ck_assert_int_eq(
		diag_add(&diag, (struct src_pos){ .line = 2, .column = 6 }, "no %s", "x"),
		-EINVAL);
	ck_assert(!diag_is_empty(&diag));
	expect("some.yaml:2:6: no x\n"
	       "    two: x\n"
	       "         ^\n");
}
END_TEST

START_TEST(diag_prints_in_the_order_of_the_file)
{
	start("a\nb\n");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "second");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 1 }, "first");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "third, added later");
	diag_add(&diag, (struct src_pos){ 0 }, "about the file");
	expect("some.yaml: about the file\n"
	       "some.yaml:1:1: first\n    a\n    ^\n"
	       "some.yaml:2:1: second\n    b\n    ^\n"
	       "some.yaml:2:1: third, added later\n    b\n    ^\n");
}
END_TEST

START_TEST(diag_columns_count_characters_and_the_caret_counts_width)
{
	/* A letter of two bytes, one of two columns, and one of no column. */
	start("\xc3\xa9\xe6\xbc\xa2"
	      "e\xcc\x81x\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 5 }, "here");
	expect("some.yaml:1:5: here\n"
	       "    \xc3\xa9\xe6\xbc\xa2"
	       "e\xcc\x81x\n"
	       "        ^\n");
}
END_TEST

START_TEST(diag_lets_nothing_through_that_steers_a_terminal)
{
	start("a\tb\x1b[31m\xc2\x9b\xe2\x80\xae\xff!\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 12 },
		 "bad '\x1b]0;x\x07'");
	expect("some.yaml:1:12: bad '?]0;x?'\n"
	       "    a b?[31m??"
	       "?!\n"
	       "               ^\n");
}
END_TEST

START_TEST(diag_knows_every_line_break_that_the_parser_knows)
{
	start("a\r\nb\rc\xc2\x85"
	      "d\xe2\x80\xa8"
	      "e\xe2\x80\xa9"
	      "f");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "b");
	diag_add(&diag, (struct src_pos){ .line = 6, .column = 1 }, "f");
	expect("some.yaml:2:1: b\n    b\n    ^\n"
	       "some.yaml:6:1: f\n    f\n    ^\n");
}
END_TEST

START_TEST(diag_shows_the_end_of_the_text_and_no_place_behind_it)
{
	start("ab\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 3 }, "end of line");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "end of text");
	diag_add(&diag, (struct src_pos){ .line = 9, .column = 1 }, "nowhere");
	expect("some.yaml:1:3: end of line\n    ab\n      ^\n"
	       "some.yaml:2:1: end of text\n    \n    ^\n"
	       "some.yaml:9:1: nowhere\n");
}
END_TEST

START_TEST(diag_shows_the_part_of_a_long_line_that_matters)
{
	char line[1001];
	char want[512];

	memset(line, '.', 1000);
	line[1000] = '\0';
	line[500] = 'X';
	start(line);
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 501 }, "here");
	snprintf(want, sizeof(want),
		 "some.yaml:1:501: here\n    ...%.*sX%.*s...\n    %*s^\n", 60, line, 59,
		 line, 63, "");
	expect(want);
}
END_TEST

START_TEST(diag_without_the_text_prints_only_the_message)
{
	start(NULL);
	diag_add(&diag, (struct src_pos){ .line = 3, .column = 4 }, "what");
	expect("some.yaml:3:4: what\n");
}
END_TEST

START_TEST(diag_pos_is_the_inverse_of_walking)
{
	struct src_pos pos;

	start("ab\n\xc3\xa9x");
	pos = diag_pos(&diag, 0, 5);
	ck_assert_uint_eq(pos.line, 2);
	ck_assert_uint_eq(pos.column, 2);
	pos = diag_pos(&diag, 0, 99);
	ck_assert_uint_eq(pos.line, 2);
	ck_assert_uint_eq(pos.column, 3);
	diag_done(&diag);
}
END_TEST

START_TEST(diag_line_is_a_line_of_the_parser)
{
	/* The length of each line. */
	static const size_t lens[] = { 1, 0, 2, 1, 0 };
	size_t len = 99;

	start("a\r\n\rbc\xe2\x80\xa8"
	      "d\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(lens); i++) {
		ck_assert_ptr_nonnull(
			diag_line(&diag, (struct src_pos){ .line = i + 1 }, &len));
		ck_assert_uint_eq(len, lens[i]);
	}
	ck_assert_ptr_null(diag_line(&diag, (struct src_pos){ .line = 6 }, &len));
	diag_done(&diag);
}
END_TEST

START_TEST(keys_are_masked_in_messages_and_lines)
{
	start("- {a: DHHC-1:00:qL9/x+=:, b: x}\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 27 }, "b '%s'",
		 "NVMeTLSkey-1:01:abc:");
	expect("some.yaml:1:27: b 'NVMeTLSkey-1:*******'\n"
	       "    - {a: DHHC-1:***********, b: x}\n"
	       "                              ^\n");
}
END_TEST

START_TEST(line_with_a_secret_is_shown_for_no_error)
{
	start("{token: secret, size: x}\nb\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 17 }, "size");
	diag_add_concealed(&diag, (struct src_pos){ .line = 1, .column = 2 }, "token");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "b");
	expect("some.yaml:1:2: token\n"
	       "some.yaml:1:17: size\n"
	       "some.yaml:2:1: b\n"
	       "    b\n"
	       "    ^\n");
}
END_TEST

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(diag_prints_a_hundred_errors_and_the_number_of_the_others)
{
	_cleanup_free_ char *text = NULL;

	start("a\n");
	for (unsigned int i = 0; i < 200000; i++)
		diag_add(&diag, (struct src_pos){ .line = 1, .column = 1 }, "error %u",
			 i);
	ck_assert(diag_is_full(&diag));
	ck_assert_uint_eq(diag.entries.count, DIAG_KEPT_MAX);
	text = unit_diag_text(&diag);
	ck_assert_uint_eq(count_lines(text), 3 * 100 + 1);
	ck_assert_ptr_nonnull(strstr(text, "some.yaml:1:1: error 99\n"));
	ck_assert_ptr_null(strstr(text, "error 100\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nsome.yaml: 199900 more errors\n"));
	diag_done(&diag);
}
END_TEST

START_TEST(diag_counts_a_single_error_that_is_not_printed)
{
	_cleanup_free_ char *text = NULL;

	start(NULL);
	for (unsigned int i = 0; i < DIAG_PRINTED_MAX + 1; i++)
		diag_add(&diag, (struct src_pos){ 0 }, "error");
	text = unit_diag_text(&diag);
	ck_assert_uint_eq(count_lines(text), DIAG_PRINTED_MAX + 1);
	ck_assert_ptr_nonnull(strstr(text, "\nsome.yaml: 1 more error\n"));
	diag_done(&diag);
}
END_TEST

START_TEST(line_with_a_secret_is_shown_for_no_error_however_many_errors_there_are)
{
	_cleanup_free_ char *text = NULL;

	start("{token: hunter, size: x}\nb\n");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 17 }, "size");
	for (unsigned int i = 0; i < 2 * DIAG_KEPT_MAX; i++)
		diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "b");
	diag_add_concealed(&diag, (struct src_pos){ .line = 1, .column = 2 }, "token");
	text = unit_diag_text(&diag);
	ck_assert_ptr_nonnull(strstr(text, "some.yaml:1:2: token\n"));
	ck_assert_ptr_null(strstr(text, "hunter"));
	diag_done(&diag);
}
END_TEST

START_TEST(diag_prints_each_error_with_its_file_and_the_line_of_its_file)
{
	unsigned int second, third;

	start("{token: secret}\na\n");
	ck_assert_int_eq(diag_add_file(&diag, "b.yaml", &second), 0);
	ck_assert_int_eq(diag_add_file(&diag, "c.yaml", &third), 0);
	ck_assert_int_eq(diag_set_text(&diag, second, "x\nDHHC-1:00:y:\n", 16), 0);
	diag_add(&diag, diag_whole(third), "is a directory");
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 1, .file = second }, "x");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1, .file = second }, "y");
	diag_add(&diag, (struct src_pos){ .line = 2, .column = 1 }, "a");
	/* The line of a secret is quoted for no error of its file alone. */
	diag_add_concealed(&diag, (struct src_pos){ .line = 1, .column = 2 }, "token");
	expect("some.yaml:1:2: token\n"
	       "some.yaml:2:1: a\n    a\n    ^\n"
	       "b.yaml:1:1: x\n    x\n    ^\n"
	       "b.yaml:2:1: y\n    DHHC-1:*****\n    ^\n"
	       "c.yaml: is a directory\n");
}
END_TEST

Suite *suite_diag(void)
{
	return unit_suite(
		"diag", diag_prints_place_message_line_and_caret,
		diag_prints_in_the_order_of_the_file,
		diag_columns_count_characters_and_the_caret_counts_width,
		diag_lets_nothing_through_that_steers_a_terminal,
		diag_knows_every_line_break_that_the_parser_knows,
		diag_shows_the_end_of_the_text_and_no_place_behind_it,
		diag_shows_the_part_of_a_long_line_that_matters,
		diag_without_the_text_prints_only_the_message,
		diag_pos_is_the_inverse_of_walking, diag_line_is_a_line_of_the_parser,
		keys_are_masked_in_messages_and_lines,
		line_with_a_secret_is_shown_for_no_error,
		diag_prints_a_hundred_errors_and_the_number_of_the_others,
		diag_counts_a_single_error_that_is_not_printed,
		line_with_a_secret_is_shown_for_no_error_however_many_errors_there_are,
		diag_prints_each_error_with_its_file_and_the_line_of_its_file, NULL);
}
