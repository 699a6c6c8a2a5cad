/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters of UTF-8 text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * utf8_decode() - The character at the start of @text.
 * Return: its length in bytes and *ret_char; 0 if there is no well-formed character
 * (overlong forms and surrogates are not) or @len is 0.
 */
size_t utf8_decode(const char *text, size_t len, uint32_t *ret_char);

/* utf8_count() - Characters in the first @len bytes; a stray byte counts as one. */
size_t utf8_count(const char *text, size_t len);

/*
 * utf8_is_text() - Is it a character that a line of text may have? Not the control
 * characters, the line and paragraph separators, the marks that turn the direction of
 * writing, the byte-order mark, and what is no character at all.
 */
bool utf8_is_text(uint32_t character);

/* utf8_columns() - Columns on a terminal: 0, 1 or 2. */
unsigned int utf8_columns(uint32_t character);

/*
 * utf8_prefix() - The length of the longest beginning of whole characters that fits @max.
 */
int utf8_prefix(const char *text, size_t max);

/* A value in a message is cut: the arguments for a "%.*s%s". */
#define UTF8_SHORT_MAX 64
#define UTF8_SHORT(text)                             \
	utf8_prefix((text), UTF8_SHORT_MAX), (text), \
		strnlen((text), UTF8_SHORT_MAX + 1) > UTF8_SHORT_MAX ? "..." : ""
