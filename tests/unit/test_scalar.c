/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/scalar.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "unit.h"

static const struct {
	const char *text;
	bool string;
	const char *printed;
} rows[] = {
	{ "rd0", true, "rd0" },
	{ "/dev/disk/by-id/x", true, "/dev/disk/by-id/x" },
	{ "192.0.2.10", true, "192.0.2.10" },
	{ "1.2.3", true, "1.2.3" },
	{ "nqn.2026-11.org.example:scratch", true, "nqn.2026-11.org.example:scratch" },
	{ "UUID=0a3b", true, "UUID=0a3b" },
	{ "12ab", true, "12ab" },
	{ "", false, "\"\"" },
	{ "~", false, "\"~\"" },
	{ "null", false, "\"null\"" },
	{ "yes", false, "\"yes\"" },
	{ "Off", false, "\"Off\"" },
	{ "true", false, "\"true\"" },
	{ "123", false, "\"123\"" },
	{ "-5", false, "\"-5\"" },
	{ "0x1F", false, "\"0x1F\"" },
	{ "0o17", false, "\"0o17\"" },
	{ "1_000", false, "\"1_000\"" },
	{ "1.5", false, "\"1.5\"" },
	{ "1e3", false, "\"1e3\"" },
	{ ".5", false, "\".5\"" },
	{ ".inf", false, "\".inf\"" },
	{ "10:20:30", false, "\"10:20:30\"" },
	{ "2026-01-31", false, "\"2026-01-31\"" },
	{ "2026-01-31T10:00:00Z", false, "\"2026-01-31T10:00:00Z\"" },
	{ "a: b", true, "\"a: b\"" },
	{ "a #b", true, "\"a #b\"" },
	{ "[x]", true, "\"[x]\"" },
	{ "*x", true, "\"*x\"" },
	{ "- x", true, "\"- x\"" },
	{ "a\"\\b", true, "a\"\\b" },
	{ "\"a\\b\"", true, "\"\\\"a\\\\b\\\"\"" },
	{ "a\nb", true, "\"a\\u000Ab\"" },
	{ "a\xf3\xa0\x81\x81", true, "\"a\\U000E0041\"" },
	{ "a ", true, "\"a \"" },
	{ "\xc3\xa9", true, "\xc3\xa9" },
	{ "\xff", true, "\"\\xFF\"" },
};

START_TEST(scalar_is_string_agrees_with_other_yaml_readers)
{
	ck_assert_msg(scalar_is_string(rows[_i].text) == rows[_i].string, "'%s'",
		      rows[_i].text);
}
END_TEST

START_TEST(scalar_print_quotes_what_needs_it)
{
	struct buf out = { 0 };

	scalar_print(rows[_i].text, &out);
	ck_assert_str_eq(out.data, rows[_i].printed);
	buf_done(&out);
}
END_TEST

Suite *suite_scalar(void)
{
	Suite *suite = suite_create("scalar");

	unit_add_loop(suite, scalar_is_string_agrees_with_other_yaml_readers,
		      ARRAY_SIZE(rows));
	unit_add_loop(suite, scalar_print_quotes_what_needs_it, ARRAY_SIZE(rows));
	return suite;
}
