/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of other programs: UTF-8, its visible form, secrets in it, and the order of names. */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mask.h"
#include "base/natural.h"
#include "base/similar.h"
#include "base/utf8.h"
#include "base/visible.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"

#include <limits.h>

static size_t encode(uint32_t character, char ret[static 4])
{
	static const unsigned char marks[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t len = character < 0x80	   ? 1
		     : character < 0x800   ? 2
		     : character < 0x10000 ? 3
					   : 4;

	for (size_t i = len - 1; i > 0; i--) {
		ret[i] = (char)(0x80 | (character & 0x3f));
		character >>= 6;
	}
	ret[0] = (char)(marks[len] | character);
	return len;
}

static const char *check_utf8(const char *bytes, size_t len)
{
	size_t count = 0;

	for (size_t at = 0; at < len; count++) {
		uint32_t character = UINT32_MAX;
		size_t n = utf8_decode(bytes + at, len - at, &character);
		char again[4];

		if (n == 0 && character != UINT32_MAX)
			return "a malformed character has no value";
		if (n > 0 &&
		    (encode(character, again) != n || memcmp(bytes + at, again, n) != 0))
			return "a character is the shortest form of its value";
		if (n > 0 && utf8_columns(character) > 2)
			return "a character is two columns wide at most";
		at += n ? n : 1;
	}
	return utf8_count(bytes, len) == count ? NULL : "each character counts once";
}

/* @kept: the control characters that stay. */
static bool is_visible(const char *bytes, size_t len, const char *kept)
{
	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t n = utf8_decode(bytes + at, len - at, &character);

		if (n == 0 ||
		    (!utf8_is_text(character) && (character == 0 || character > 0x7f ||
						  !strchr(kept, (int)character))))
			return false;
		at += n;
	}
	return true;
}

static const char *check_visible(const char *bytes, size_t len)
{
	_cleanup_(buf_done) struct buf once = { 0 }, twice = { 0 };

	visible_add(&once, bytes, len);
	if (once.len > 4 * len || !is_visible(once.data, once.len, ""))
		return "the visible form is text";
	if (len > 0)
		visible_add(&twice, once.data, once.len);
	if (twice.len != once.len || (len > 0 && memcmp(once.data, twice.data, once.len)))
		return "the visible form of a visible form is the same";
	return NULL;
}

static size_t count_lines(const char *bytes, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += bytes[i] == '\n';
	return count;
}

static const char *check_lines(const char *bytes, size_t len)
{
	_cleanup_free_ char *text = NULL;
	size_t printed;
	FILE *out = open_memstream(&text, &printed);

	if (!out)
		return NULL;
	visible_print_lines(out, bytes, len);
	fclose(out);
	if (!is_visible(text, printed, "\n\t"))
		return "the visible form of lines is text";
	return count_lines(text, printed) == count_lines(bytes, len)
		       ? NULL
		       : "the visible form has the same lines";
}

static const char *check_prefix(const char *text)
{
	bool is_utf8 = true;

	for (size_t at = 0, n; text[at] && is_utf8; at += n) {
		uint32_t character;

		n = utf8_decode(text + at, strlen(text + at), &character);
		is_utf8 = n > 0;
	}
	for (size_t max = 0; max < 12; max++) {
		int len = utf8_prefix(text, max);

		if (len < 0 || (size_t)len > max || (size_t)len > strlen(text))
			return "a prefix is within its limit";
		if (is_utf8 && max < strlen(text) &&
		    ((size_t)len + 4 <= max || ((unsigned char)text[len] & 0xc0) == 0x80))
			return "a prefix is the longest one of whole characters";
	}
	return NULL;
}

static const char *check_mask(const char *text)
{
	static const char *const prefixes[] = { "DHHC-1:", "NVMeTLSkey-1:" };
	_cleanup_free_ char *once = strdup(text), *twice = NULL;

	if (!once)
		return NULL;
	mask_secrets(once);
	twice = strdup(once);
	if (!twice)
		return NULL;
	mask_secrets(twice);
	if (strlen(once) != strlen(text) || !streq(once, twice))
		return "a mask keeps the length, and a second one changes nothing";
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		for (const char *at = once; (at = strstr(at, prefixes[i]));) {
			at += strlen(prefixes[i]);
			if ((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'z'))
				return "no letter of a key is left";
		}
	return NULL;
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static const char *check_order(const char *a, const char *b, const char *c)
{
	int ab = sign(natural_compare(a, b)), bc = sign(natural_compare(b, c));

	if (ab != -sign(natural_compare(b, a)) || (ab == 0) != streq(a, b))
		return "two names have one order, and only equal ones have none";
	if (ab != 0 && ab == bc && sign(natural_compare(a, c)) != ab)
		return "the order of names is transitive";
	return NULL;
}

static const char *check_similar(const char *a, const char *b)
{
	unsigned int distance = similar_distance(a, b);
	size_t longest = strlen(a) > strlen(b) ? strlen(a) : strlen(b);

	if (distance != similar_distance(b, a))
		return "two words have one distance";
	if (distance != UINT_MAX &&
	    (distance > longest || (distance == 0) != (strcasecmp(a, b) == 0)))
		return "a distance is within the words, and 0 for one word alone";
	return NULL;
}

const char *text_property_check(const char *bytes, size_t len)
{
	struct part rest = { bytes, len };
	_cleanup_free_ char *whole = part_text(rest), *a = part_text(part_next(&rest)),
			    *b = part_text(part_next(&rest)),
			    *c = part_text(part_next(&rest));
	const char *broken = check_utf8(bytes, len);

	if (!broken)
		broken = check_visible(bytes, len);
	if (!broken)
		broken = check_lines(bytes, len);
	if (!broken)
		broken = check_prefix(whole);
	if (!broken)
		broken = check_mask(whole);
	if (!broken)
		broken = check_order(a, b, c);
	return broken ? broken : check_similar(a, b);
}
