/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decode UTF-8, and decide which characters are text. */
#include "base/utf8.h"

#include "base/macro.h"

struct char_range {
	uint32_t first, last;
};

static bool in_ranges(const struct char_range *ranges, size_t count, uint32_t character)
{
	for (size_t i = 0; i < count; i++)
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	return false;
}

size_t utf8_decode(const char *text, size_t len, uint32_t *ret_char)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first;
	uint32_t character;
	size_t bytes;

	if (len == 0)
		return 0;
	first = (unsigned char)text[0];
	if (first < 0x80) {
		*ret_char = first;
		return 1;
	}
	bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || len < bytes)
		return 0;
	character = first & (0xffu >> (bytes + 1));
	for (size_t i = 1; i < bytes; i++) {
		unsigned char next = (unsigned char)text[i];

		if ((next & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (next & 0x3f);
	}
	if (character < least[bytes] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret_char = character;
	return bytes;
}

bool utf8_is_valid(const char *text)
{
	const char *end = text + strlen(text);
	uint32_t character;
	size_t len;

	for (; text < end; text += len) {
		len = (unsigned char)*text < 0x80
			      ? 1
			      : utf8_decode(text, (size_t)(end - text), &character);
		if (len == 0)
			return false;
	}
	return true;
}

size_t utf8_count(const char *text, size_t len)
{
	size_t count = 0, at = 0;

	while (at < len) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		at += bytes ? bytes : 1;
		count++;
	}
	return count;
}

int utf8_prefix(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);

	if (len <= max)
		return (int)len;
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return (int)len;
}

bool utf8_is_text(uint32_t character)
{
	static const struct char_range not_text[] = {
		{ 0x00, 0x1f },	      { 0x7f, 0x9f },	  { 0x61c, 0x61c },
		{ 0x200e, 0x200f },   { 0x2028, 0x202e }, { 0x2066, 0x206f },
		{ 0xd800, 0xdfff },   { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
		{ 0xe0000, 0xe007f },
	};

	if (character < 0x7f)
		return character > 0x1f;
	/* The last two of each plane are no characters. */
	return character <= 0x10ffff && (character & 0xfffe) != 0xfffe &&
	       !in_ranges(not_text, ARRAY_SIZE(not_text), character);
}

/* Not wcwidth(), which depends on a locale: early in the boot no locale exists. */
unsigned int utf8_columns(uint32_t character)
{
	static const struct char_range none[] = {
		{ 0x300, 0x36f },   { 0x200b, 0x200f },	  { 0x20d0, 0x20f0 },
		{ 0xfe00, 0xfe0f }, { 0xe0100, 0xe01ef },
	};
	static const struct char_range two[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
		{ 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },   { 0xfe30, 0xfe6f },
		{ 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },   { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff }, { 0x20000, 0x3fffd },
	};

	if (in_ranges(none, ARRAY_SIZE(none), character))
		return 0;
	return in_ranges(two, ARRAY_SIZE(two), character) ? 2 : 1;
}
