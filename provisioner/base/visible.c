/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escape the characters that command a terminal or reorder its text. */
#include "base/visible.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"

/* Append one character. @kept: control characters that stay. Return: its length in bytes. */
static size_t add_char(struct buf *out, const char *text, size_t len, const char *kept)
{
	uint32_t character;
	size_t bytes = utf8_decode(text, len, &character);
	bool is_kept = bytes == 1 && character != 0 && strchr(kept, (int)character);

	if (bytes > 0 && (is_kept || utf8_is_text(character))) {
		buf_add_bytes(out, text, bytes);
		return bytes;
	}
	bytes = bytes ? bytes : 1;
	for (size_t i = 0; i < bytes; i++)
		buf_addf(out, "\\x%02x", (unsigned int)(unsigned char)text[i]);
	return bytes;
}

void visible_add(struct buf *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len;)
		at += add_char(out, text + at, len - at, "");
}

char *visible_format(const char *text)
{
	_cleanup_(buf_done) struct buf out = { 0 };
	char *ret = NULL;

	visible_add(&out, text, strlen(text));
	return buf_take(&out, &ret) < 0 ? NULL : ret;
}

void visible_print(FILE *out, const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf safe = { 0 };
	_cleanup_free_ char *text = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&text, fmt, args);
	va_end(args);
	if (r == 0)
		visible_add(&safe, text, strlen(text));
	/* Without memory, the format is better than silence. */
	fputs(r < 0 || safe.failed ? fmt : safe.data ? safe.data : "", out);
}

void visible_print_lines(FILE *out, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		_cleanup_(buf_done) struct buf safe = { 0 };
		const char *end = memchr(text + at, '\n', len - at);
		size_t stop = end ? (size_t)(end - text) + 1 : len;

		while (at < stop)
			at += add_char(&safe, text + at, stop - at, "\n\t");
		if (safe.data && !safe.failed)
			fwrite(safe.data, 1, safe.len, out);
	}
}
