/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters of UTF-8 text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * utf8_decode() - Decode the character at the start of @text.
 * Return: its length in bytes and *ret_char; 0 if @len is 0 or the character is malformed,
 * such as an overlong form or a surrogate.
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_char);

/* utf8_is_valid() - True if all of @text is well-formed UTF-8. */
bool utf8_is_valid(const char *text);

/* utf8_count() - Count the characters of @len bytes. A malformed byte counts as one. */
size_t utf8_count(const char *text, size_t len);

/*
 * utf8_is_text() - True if a line of text may have the character. False for control
 * characters, line and paragraph separators, marks that change the direction of writing, the
 * byte-order mark and noncharacters.
 */
bool utf8_is_text(uint32_t character);

/* utf8_columns() - Return the width on a terminal: 0, 1 or 2 columns. */
unsigned int utf8_columns(uint32_t character);

/*
 * utf8_prefix() - Return the length of the longest prefix of whole characters within @max.
 */
int utf8_prefix(const char *text, size_t max);

/* The arguments of "%.*s%s", which print a value cut to UTF8_SHORT_MAX bytes. */
#define UTF8_SHORT_MAX 64
#define UTF8_SHORT(text)                             \
	utf8_prefix((text), UTF8_SHORT_MAX), (text), \
		strnlen((text), UTF8_SHORT_MAX + 1) > UTF8_SHORT_MAX ? "..." : ""
