/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decide whether a word of YAML is a string without quotes, and print strings. */
#include "model/scalar.h"

#include "base/macro.h"
#include "base/utf8.h"
#include "model/pattern.h"

#include <errno.h>
#include <stdint.h>
#include <strings.h>

/* Numbers, sexagesimal ones too, and dates, of YAML 1.1 and of YAML 1.2's core schema. */
static const char number_pattern[] =
	"^([-+]?0[bB][01_]+|[-+]?0[oO]?[0-7_]+|[-+]?0[xX][0-9a-fA-F_]+"
	"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])*(\\.[0-9_]*)?([eE][-+]?[0-9]+)?"
	"|[-+]?\\.[0-9_]+([eE][-+]?[0-9]+)?|[-+]?\\.[iI][nN][fF]|\\.[nN][aA][nN]"
	"|[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?([Tt \t].*)?)$";

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

bool scalar_is_null(const char *text)
{
	return *text == '\0' || streq(text, "~") || streq(text, "null") ||
	       streq(text, "Null") || streq(text, "NULL");
}

bool scalar_is_string(const char *text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off",
					     "y",    "n",     "~",   "=",  "<<", "null" };

	if (*text == '\0' || is_one_of(text, words, ARRAY_SIZE(words)))
		return false;
	if (!strchr("+-.0123456789", *text))
		return true;
	/* Without memory the answer is no, which only adds quotes. */
	return pattern_check(number_pattern, text, NULL) == -EINVAL;
}

/* True if @text stays one word without quotes, also inside of [ ] and { }. */
static bool can_be_unquoted(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || strchr("-?:!&*|>'\"%@`#=~ ", text[0]) || text[len - 1] == ':' ||
	    text[len - 1] == ' ')
		return false;
	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0 || !utf8_is_text(character) || strchr(",[]{}", text[at]))
			return false;
		at += bytes;
	}
	return !strstr(text, ": ") && !strstr(text, " #") && scalar_is_string(text);
}

void scalar_print(const char *text, struct buf *out)
{
	size_t len = strlen(text);

	if (can_be_unquoted(text)) {
		buf_add(out, text);
		return;
	}
	buf_add(out, "\"");
	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0) {
			/*
			 * YAML cannot hold a byte that is not UTF-8: print the character
			 * of that number.
			 */
			buf_addf(out, "\\x%02X", (unsigned char)text[at]);
			bytes = 1;
		} else if (character == '"' || character == '\\') {
			buf_addf(out, "\\%c", text[at]);
		} else if (!utf8_is_text(character)) {
			buf_addf(out, character > 0xffff ? "\\U%08X" : "\\u%04X",
				 character);
		} else {
			buf_add_bytes(out, text + at, bytes);
		}
		at += bytes;
	}
	buf_add(out, "\"");
}
