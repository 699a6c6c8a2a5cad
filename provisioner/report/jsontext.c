/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Print JSON as text that ends with a newline. */
#include "report/jsontext.h"

#include "base/utf8.h"

static int add_bytes(const char *bytes, size_t len, void *data)
{
	struct buf *text = data;

	buf_add_bytes(text, bytes, len);
	return text->failed ? -1 : 0;
}

static void add_unit(struct buf *out, uint32_t unit)
{
	buf_addf(out, "\\u%04x", (unsigned int)unit);
}

/* Append JSON, and escape what its writer leaves: C1 characters, and marks of direction. */
static void add_visible(struct buf *out, const char *text, size_t len)
{
	uint32_t character = 0;
	size_t bytes, plain = 0;

	for (size_t at = 0; at < len; at += bytes) {
		bytes = utf8_decode(text + at, len - at, &character);
		if (bytes == 0 || character == '\n' || utf8_is_text(character)) {
			bytes = bytes ? bytes : 1;
			continue;
		}
		buf_add_bytes(out, text + plain, at - plain);
		plain = at + bytes;
		if (character >= 0x10000) {
			add_unit(out, 0xd800 + ((character - 0x10000) >> 10));
			character = 0xdc00 + ((character - 0x10000) & 0x3ff);
		}
		add_unit(out, character);
	}
	buf_add_bytes(out, text + plain, len - plain);
}

int json_take_text(json_t *json, bool is_compact, char **ret)
{
	_cleanup_(buf_done) struct buf raw = { 0 }, text = { 0 };
	size_t flags = is_compact ? 0 : JSON_INDENT(2);
	int r = json ? json_dump_callback(json, add_bytes, &raw, flags) : -1;

	json_decref(json);
	if (r < 0)
		return -ENOMEM;
	add_visible(&text, raw.data, raw.len);
	buf_add(&text, "\n");
	return buf_take(&text, ret);
}

/* --- without a tree --- */

/* True for the bytes that RFC 8259, section 7, has escaped. */
static bool is_special(char c)
{
	return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void add_escaped(struct buf *out, char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *found = strchr(from, c);

	if (found)
		buf_addf(out, "\\%c", to[found - from]);
	else
		buf_addf(out, "\\u%04X", (unsigned int)(unsigned char)c);
}

void json_add_text(struct buf *out, const char *text)
{
	const char *plain;

	if (!text) {
		buf_add(out, "null");
		return;
	}
	if (!utf8_is_valid(text))
		text = JSON_NOT_UTF8;
	buf_add(out, "\"");
	for (plain = text; *text; text++) {
		if (!is_special(*text))
			continue;
		buf_add_bytes(out, plain, (size_t)(text - plain));
		add_escaped(out, *text);
		plain = text + 1;
	}
	buf_add_bytes(out, plain, (size_t)(text - plain));
	buf_add(out, "\"");
}

void json_add_u64(struct buf *out, uint64_t value)
{
	buf_add_u64(out, value > INT64_MAX ? INT64_MAX : value);
}

void json_add_name(struct buf *out, const char *before, const char *name)
{
	buf_add(out, before);
	buf_add_bytes(out, "\"", 1);
	buf_add(out, name);
	buf_add_bytes(out, "\": ", 3);
}

void json_add_tree(struct buf *out, json_t *json)
{
	if (!json || json_dump_callback(json, add_bytes, out, JSON_ENCODE_ANY) < 0)
		out->failed = true;
	json_decref(json);
}
