/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The field types whose values are numbers: sizes, whole numbers, booleans and durations. */
#include "model/field_number.h"

#include "base/units.h"
#include "model/field.h"

#include <inttypes.h>

static int check_bounds(const struct field *field, uint64_t value, size_t offset,
			struct complaint c)
{
	char low[UNITS_SIZE_MAX], high[UNITS_SIZE_MAX];

	if (field->type == FIELD_SIZE) {
		units_format_size(field->min, low);
		units_format_size(field->max, high);
	} else if (field->type == FIELD_DURATION) {
		units_format_duration(field->min, low);
		units_format_duration(field->max, high);
	} else {
		snprintf(low, sizeof(low), "%" PRIu64, field->min);
		snprintf(high, sizeof(high), "%" PRIu64, field->max);
	}
	if (value < field->min && field->max && field->type == FIELD_UINT)
		return field_complain(c, offset, "expected a number from %s to %s", low,
				      high);
	if (value < field->min)
		return field_complain(c, offset, "has to be at least %s", low);
	if (field->max && value > field->max)
		return field_complain(c, offset, "has to be at most %s", high);
	if (field->multiple && value % field->multiple != 0)
		return field_complain(c, offset,
				      "has to be a multiple of %" PRIu64 " bytes",
				      field->multiple);
	return 0;
}

/* FIELD_UINT and FIELD_DURATION */
static void clear_number(const struct field *field, void *member)
{
	(void)field;
	*(uint64_t *)member = 0;
}

static bool equal_numbers(const void *have, const void *want)
{
	return *(const uint64_t *)have == *(const uint64_t *)want;
}

/* --- FIELD_SIZE --- */

static int check_size(const struct field *field, const char *text, struct complaint c,
		      uint64_t *ret_bytes)
{
	size_t offset = 0, start;
	const char *error;
	uint64_t part;

	if (units_eval_size(text, 0, ret_bytes, &offset, &error) < 0)
		return field_complain(c, offset, "%s", error);
	offset = 0;
	while (units_next_bytes(text, &offset, &start, &part)) {
		int r = check_bounds(field, part, start, c);

		if (r < 0)
			return r;
	}
	return 0;
}

static int parse_size(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	struct size *size = field_member(obj, index);
	uint64_t bytes;
	char *copy;
	int r = check_size(&obj->class->fields[index], text, c, &bytes);

	if (r < 0)
		return r;
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	free(size->text);
	size->text = copy;
	size->bytes = strchr(text, '%') ? 0 : bytes;
	field_mark_set(obj, index);
	return 0;
}

static void clear_size(const struct field *field, void *member)
{
	struct size *size = member;

	(void)field;
	free(size->text);
	*size = (struct size){ 0 };
}

static bool equal_sizes(const void *have, const void *want)
{
	const struct size *a = have, *b = want;

	return a->bytes == b->bytes;
}

static void print_size(const struct field *field, const void *member, struct buf *out)
{
	const struct size *size = member;
	char text[UNITS_SIZE_MAX];

	(void)field;
	if (size->bytes == 0 && size->text)
		buf_add(out, size->text);
	else
		buf_add(out, units_format_size(size->bytes, text));
}

static void resolve_size(void *member, uint64_t ram_bytes)
{
	struct size *size = member;
	const char *error;
	size_t offset;
	int r;

	if (!size->text || !strchr(size->text, '%'))
		return;
	r = units_eval_size(size->text, ram_bytes, &size->bytes, &offset, &error);
	assert(r == 0);
}

const struct field_ops field_size_ops = {
	.parse = parse_size,
	.clear = clear_size,
	.equal = equal_sizes,
	.print = print_size,
	.resolve = resolve_size,
};

/* --- FIELD_UINT --- */

int field_check_uint(const struct field *field, const char *text, struct complaint c,
		     uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value;
	int r = units_parse_uint(text, &value);

	if (r == -EINVAL)
		return field_complain(c, digits, "expected a whole number, digits only");
	if (text[0] == '0' && digits > 1)
		return field_complain(c, 0, "write the number without the leading zero");
	if (r == -ERANGE)
		return field_complain(c, 0, "does not fit into 64 bits");
	r = check_bounds(field, value, 0, c);
	if (r == 0)
		*ret = value;
	return r;
}

static int parse_uint(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	uint64_t value = 0;
	int r = field_check_uint(&obj->class->fields[index], text, c, &value);

	if (r == 0)
		field_set_uint(obj, index, value);
	return r;
}

static void print_uint(const struct field *field, const void *member, struct buf *out)
{
	(void)field;
	buf_addf(out, "%" PRIu64, *(const uint64_t *)member);
}

const struct field_ops field_uint_ops = {
	.parse = parse_uint,
	.clear = clear_number,
	.equal = equal_numbers,
	.print = print_uint,
};

/* --- FIELD_BOOL --- */

static int parse_bool(struct obj *obj, unsigned int index, const char *text,
		      struct complaint c)
{
	if (!streq(text, "true") && !streq(text, "false"))
		return field_complain(c, 0, "write true or false");
	field_set_bool(obj, index, streq(text, "true"));
	return 0;
}

static void clear_bool(const struct field *field, void *member)
{
	(void)field;
	*(bool *)member = false;
}

static bool equal_bools(const void *have, const void *want)
{
	return *(const bool *)have == *(const bool *)want;
}

static void print_bool(const struct field *field, const void *member, struct buf *out)
{
	(void)field;
	buf_add(out, *(const bool *)member ? "true" : "false");
}

const struct field_ops field_bool_ops = {
	.parse = parse_bool,
	.clear = clear_bool,
	.equal = equal_bools,
	.print = print_bool,
};

/* --- FIELD_DURATION --- */

static int parse_duration(struct obj *obj, unsigned int index, const char *text,
			  struct complaint c)
{
	const char *error;
	size_t offset = 0;
	uint64_t ms;
	int r;

	if (units_parse_duration(text, &ms, &offset, &error) < 0)
		return field_complain(c, offset, "%s", error);
	r = check_bounds(&obj->class->fields[index], ms, 0, c);
	if (r < 0)
		return r;
	*(uint64_t *)field_member(obj, index) = ms;
	field_mark_set(obj, index);
	return 0;
}

static void print_duration(const struct field *field, const void *member, struct buf *out)
{
	char text[UNITS_SIZE_MAX];

	(void)field;
	buf_add(out, units_format_duration(*(const uint64_t *)member, text));
}

const struct field_ops field_duration_ops = {
	.parse = parse_duration,
	.clear = clear_number,
	.equal = equal_numbers,
	.print = print_duration,
};
