/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"

#include "base/macro.h"
#include "unit.h"

static const struct {
	const char *text;
	size_t bytes;
	uint32_t character;
} decoded[] = {
	{ "a", 1, 'a' },
	{ "\xc3\xa9", 2, 0xe9 },
	{ "\xe2\x82\xac", 3, 0x20ac },
	{ "\xf0\x9f\x98\x80", 4, 0x1f600 },
	{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	/* Alone, cut short, overlong, a surrogate, above the last. */
	{ "\x80", 0, 0 },
	{ "\xe2\x82", 0, 0 },
	{ "\xc0\xaf", 0, 0 },
	{ "\xc1\xbf", 0, 0 },
	{ "\xe0\x80\xaf", 0, 0 },
	{ "\xed\xa0\x80", 0, 0 },
	{ "\xf4\x90\x80\x80", 0, 0 },
	{ "\xff", 0, 0 },
};

START_TEST(utf8_decodes_only_what_is_well_formed)
{
	uint32_t character = 0;
	size_t bytes =
		utf8_decode(decoded[_i].text, strlen(decoded[_i].text), &character);

	ck_assert_msg(bytes == decoded[_i].bytes, "row %d: %zu bytes", _i, bytes);
	ck_assert_msg(character == decoded[_i].character, "row %d: U+%X", _i, character);
}
END_TEST

START_TEST(utf8_prefix_cuts_between_characters)
{
	ck_assert_int_eq(utf8_prefix("a\xe2\x82\xac", 4), 4);
	ck_assert_int_eq(utf8_prefix("a\xe2\x82\xac", 3), 1);
	ck_assert_int_eq(utf8_prefix("a\xe2\x82\xac", 1), 1);
	ck_assert_int_eq(utf8_prefix("", 0), 0);
}
END_TEST

START_TEST(utf8_count_takes_a_stray_byte_for_one_character)
{
	ck_assert_uint_eq(utf8_count("a\xe2\x82\xac\xff!", 6), 4);
}
END_TEST

START_TEST(utf8_text_has_no_control_characters)
{
	ck_assert(utf8_is_text('a'));
	ck_assert(utf8_is_text(0x20ac));
	ck_assert(!utf8_is_text('\n'));
	ck_assert(!utf8_is_text(0x1b));
	ck_assert(!utf8_is_text(0x7f));
	ck_assert(!utf8_is_text(0x9b));
	ck_assert(!utf8_is_text(0x202e));
	ck_assert(!utf8_is_text(0xfeff));
	ck_assert(!utf8_is_text(0xfffe));
	ck_assert(!utf8_is_text(0x1ffff));
	ck_assert(!utf8_is_text(0x10fffe));
}
END_TEST

Suite *suite_utf8(void)
{
	Suite *suite = unit_suite("utf8", utf8_prefix_cuts_between_characters,
				  utf8_count_takes_a_stray_byte_for_one_character,
				  utf8_text_has_no_control_characters, NULL);

	unit_add_loop(suite, utf8_decodes_only_what_is_well_formed, ARRAY_SIZE(decoded));
	return suite;
}
