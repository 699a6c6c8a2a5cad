/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field types whose values are text: strings, lists of strings, devices and words. */
#include "model/field_text.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/field.h"
#include "model/field_number.h"
#include "model/pattern.h"
#include "model/scalar.h"

#include <ctype.h>

/* Longer than any path or name the kernel takes; it also bounds the work of a regex. */
#define STRING_MAX 4096

static int check_pattern(const struct field *field, const char *text, struct complaint c)
{
	size_t offset = 0;
	int r;

	if (!field->pattern)
		return 0;
	r = pattern_check(field->pattern, text, &offset);
	if (r == -EINVAL)
		return field_complain(c, offset, "expected %s",
				      field->expects ? field->expects : field->pattern);
	return r;
}

static int check_string(const struct field *field, const char *text, struct complaint c)
{
	size_t len = strlen(text);
	size_t most = field->type == FIELD_STRING && field->max ? field->max : STRING_MAX;

	if (len > most)
		return field_complain(c, most, "longer than %zu bytes", most);
	for (size_t at = 0; at < len;) {
		uint32_t character;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0 || !utf8_is_text(character))
			return field_complain(
				c, at, "contains a character that cannot be printed");
		at += bytes;
	}
	return check_pattern(field, text, c);
}

/*
 * A reference to a key that is a number is printed as a number, unless an observed name is
 * none.
 */
static void print_reference(const struct field *field, const char *text, struct buf *out)
{
	if (field_item_of(field)->type == FIELD_UINT &&
	    text[strspn(text, "0123456789")] == '\0')
		buf_add(out, text);
	else
		scalar_print(text, out);
}

/* --- FIELD_STRING --- */

static int parse_string(struct obj *obj, unsigned int index, const char *text,
			struct complaint c)
{
	int r = check_string(&obj->class->fields[index], text, c);

	return r < 0 ? r : field_set_string(obj, index, text);
}

static void clear_string(const struct field *field, void *member)
{
	field_clear_string(field, member);
}

static bool equal_string(const void *have, const void *want)
{
	return streq(*(char *const *)have, *(char *const *)want);
}

static void print_string(const struct field *field, const void *member, struct buf *out)
{
	if (field->flags & FIELD_SECRET)
		buf_add(out, "(not shown)");
	else
		print_reference(field, *(char *const *)member, out);
}

const struct field_ops field_string_ops = {
	.parse = parse_string,
	.clear = clear_string,
	.equal = equal_string,
	.print = print_string,
};

/* --- FIELD_STRINGS --- */

int field_check_item(const struct field *field, const char *text, struct complaint c)
{
	const struct field *item = field_item_of(field);
	uint64_t number;

	return item->type == FIELD_UINT ? field_check_uint(item, text, c, &number)
					: check_string(item, text, c);
}

static void clear_list(const struct field *field, void *member)
{
	struct string_list *list = member;

	(void)field;
	vec_foreach (item, &list->items)
		free(item->text);
	vec_done(&list->items);
}

static bool equal_lists(const void *have, const void *want)
{
	const struct string_list *a = have, *b = want;

	if (a->items.count != b->items.count)
		return false;
	vec_foreach (item, &b->items) {
		if (!field_list_has(a, item->text))
			return false;
	}
	return true;
}

static void print_list(const struct field *field, const void *member, struct buf *out)
{
	const struct string_list *list = member;
	const char *before = "[";

	vec_foreach (item, &list->items) {
		buf_add(out, before);
		print_reference(field, item->text, out);
		before = ", ";
	}
	buf_add(out, streq(before, "[") ? "[]" : "]");
}

const struct field_ops field_strings_ops = {
	.clear = clear_list,
	.equal = equal_lists,
	.print = print_list,
};

/* --- FIELD_DEVICE --- */

/*
 * Return the device that @text probably means, the caller's to free: sdb1 is /dev/sdb1, and
 * uuid=... is UUID=.... NULL: no guess fits, or no memory.
 */
static char *guess_device(const struct field *field, const char *text)
{
	_cleanup_free_ char *guess = NULL;
	size_t tag = strcspn(text, "=");

	if (text[tag] == '\0') {
		if (strchr(text, '/') || str_format(&guess, "/dev/%s", text) < 0)
			return NULL;
	} else {
		guess = strdup(text);
		for (size_t i = 0; guess && i < tag; i++)
			guess[i] = (char)toupper((unsigned char)guess[i]);
	}
	return guess && pattern_check(field->pattern, guess, NULL) == 0 ? TAKE_PTR(guess)
									: NULL;
}

static int parse_device(struct obj *obj, unsigned int index, const char *text,
			struct complaint c)
{
	const struct field *field = &obj->class->fields[index];
	_cleanup_free_ char *guess = NULL;
	int r;

	if (strlen(text) <= STRING_MAX && field->pattern &&
	    pattern_check(field->pattern, text, NULL) == -EINVAL)
		guess = guess_device(field, text);
	r = guess ? field_complain(c, 0, "did you mean '%s'?", guess)
		  : check_string(field, text, c);
	return r < 0 ? r : field_set_device(obj, index, text, 0);
}

static void clear_device(const struct field *field, void *member)
{
	struct device_ref *device = member;

	(void)field;
	free(device->text);
	*device = (struct device_ref){ 0 };
}

static bool equal_devices(const void *have, const void *want)
{
	const struct device_ref *a = have, *b = want;

	return a->number != 0 && a->number == b->number;
}

static void print_device(const struct field *field, const void *member, struct buf *out)
{
	const struct device_ref *device = member;

	(void)field;
	scalar_print(device->text, out);
}

const struct field_ops field_device_ops = {
	.parse = parse_device,
	.clear = clear_device,
	.equal = equal_devices,
	.print = print_device,
};

/* --- FIELD_ENUM --- */

static int refuse_word(const struct field *field, const char *text, struct complaint c)
{
	struct buf words = { 0 };
	int r = -ENOMEM;

	buf_add_choice(&words, field->words);
	if (!words.failed)
		r = field->refused && streq(text, field->refused)
			    ? field_complain(c, 0, "%s: use %s", field->refused_why,
					     words.data)
			    : field_complain(c, 0, "expected %s", words.data);
	buf_done(&words);
	return r;
}

static int parse_enum(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	const struct field *field = &obj->class->fields[index];

	for (int i = 0; field->words[i]; i++) {
		if (streq(text, field->words[i])) {
			field_set_enum(obj, index, i);
			return 0;
		}
	}
	return refuse_word(field, text, c);
}

static void clear_enum(const struct field *field, void *member)
{
	(void)field;
	*(int *)member = 0;
}

static bool equal_enums(const void *have, const void *want)
{
	return *(const int *)have == *(const int *)want;
}

static void print_enum(const struct field *field, const void *member, struct buf *out)
{
	buf_add(out, field->words[*(const int *)member]);
}

const struct field_ops field_enum_ops = {
	.parse = parse_enum,
	.clear = clear_enum,
	.equal = equal_enums,
	.print = print_enum,
};
