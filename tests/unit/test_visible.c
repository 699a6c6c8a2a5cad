/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/visible.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/diag.h"
#include "base/log.h"
#include "report/jsontext.h"
#include "unit.h"

#include <fcntl.h>

static const struct {
	const char *text, *want;
} texts[] = {
	{ "plain, \xc3\xbc and \xe2\x82\xac", "plain, \xc3\xbc and \xe2\x82\xac" },
	{ "\033[2Ja\rb\nc\t1", "\\x1b[2Ja\\x0db\\x0ac\\x091" },
	{ "\x7f", "\\x7f" },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b31m" },
	{ "\xe2\x80\xaegnp", "\\xe2\\x80\\xaegnp" },
	{ "\xd8\x9c|\xe2\x81\xa6|\xef\xbb\xbf",
	  "\\xd8\\x9c|\\xe2\\x81\\xa6|\\xef\\xbb\\xbf" },
	{ "\xff\x9b", "\\xff\\x9b" },
	{ "a\xe2\x82", "a\\xe2\\x82" },
	{ "", "" },
};

START_TEST(visible_text_commands_no_terminal)
{
	_cleanup_free_ char *text = visible_format(texts[_i].text);

	ck_assert_str_eq(text, texts[_i].want);
}
END_TEST

START_TEST(visible_lines_keep_newlines_and_tabs)
{
	static const char text[] = "a\tb\n\033c\r\n1";
	_cleanup_free_ char *got = NULL;
	size_t len;
	FILE *out = open_memstream(&got, &len);

	ck_assert_ptr_nonnull(out);
	visible_print_lines(out, text, strlen(text));
	fclose(out);
	ck_assert_str_eq(got, "a\tb\n\\x1bc\\x0d\n1");
}
END_TEST

START_TEST(json_escapes_marks_of_direction)
{
	_cleanup_free_ char *text = NULL;

	ck_assert_int_eq(json_take_text(json_pack("[s]", "a\xc2\x9b\xe2\x80\xae"
							 "\xf3\xa0\x81\x81\x7f"),
					true, &text),
			 0);
	ck_assert_str_eq(text, "[\"a\\u009b\\u202e\\udb40\\udc41\\u007f\"]\n");
}
END_TEST

/* Return: the text that @write sends to stderr, the caller's to free. */
static char *capture_stderr(void (*write)(void))
{
	_cleanup_fclose_ FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char text[512] = "";

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	write();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, file), 0);
	return strdup(text);
}

static void log_hostile_name(void)
{
	log_error("cannot use '%s'", "\033[2J\nother: \xe2\x80\xae");
}

START_TEST(log_line_commands_no_terminal)
{
	_cleanup_free_ char *text = capture_stderr(log_hostile_name);

	ck_assert_ptr_nonnull(strstr(text, "error: cannot use "
					   "'\\x1b[2J\\x0aother: \\xe2\\x80\\xae'\n"));
}
END_TEST

static void log_two_lines(void)
{
	struct diag diag = { 0 };
	static const char text[] = "a\033b\n";

	ck_assert_int_eq(diag_init(&diag, "f"), 0);
	ck_assert_int_eq(diag_set_text(&diag, 0, text, strlen(text)), 0);
	diag_add(&diag, (struct src_pos){ .line = 1, .column = 1 }, "bad");
	log_diag(&diag);
	diag_done(&diag);
}

START_TEST(log_of_diagnostics_keeps_their_lines)
{
	_cleanup_free_ char *text = capture_stderr(log_two_lines);

	ck_assert_str_eq(text, "f:1:1: bad\n    a?b\n    ^\n");
}
END_TEST

Suite *suite_visible(void)
{
	Suite *suite =
		unit_suite("visible", visible_lines_keep_newlines_and_tabs,
			   json_escapes_marks_of_direction, log_line_commands_no_terminal,
			   log_of_diagnostics_keeps_their_lines, NULL);

	unit_add_loop(suite, visible_text_commands_no_terminal, ARRAY_SIZE(texts));
	return suite;
}
