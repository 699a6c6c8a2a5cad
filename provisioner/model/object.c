/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects: their life, their names and their order. */
#include "model/object.h"

#include "base/cleanup.h"
#include "base/units.h"

struct obj *obj_new(const struct obj_class *class)
{
	struct obj *obj = calloc(1, class->size);

	if (obj)
		obj->class = class;
	return obj;
}

void obj_free(struct obj *obj)
{
	if (!obj)
		return;
	for (unsigned int i = 0; i < obj->class->field_count; i++)
		field_clear(obj, i);
	free(obj->field_pos);
	free(obj->unmet);
	free(obj->in_use);
	free(obj->content);
	free(obj);
}

const char *obj_name(const struct obj *obj)
{
	if (obj->class->single)
		return obj->class->section;
	return obj->class->fields[0].type == FIELD_UINT ? obj->number
							: field_string(obj, 0);
}

struct src_pos obj_field_pos(const struct obj *obj, unsigned int index)
{
	if (obj->field_pos && obj->field_pos[index].line)
		return obj->field_pos[index];
	return obj->pos;
}

int obj_set_defaults(struct obj *obj)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const char *value = obj->class->fields[i].value;
		char *error = NULL;
		size_t offset;
		int r;

		if (!value || field_is_set(obj, i))
			continue;
		r = field_parse(obj, i, value, &error, &offset);
		free(error);
		if (r < 0)
			return r;
	}
	return 0;
}

uint64_t obj_differing(const struct obj *have, const struct obj *want)
{
	uint64_t differing = 0;

	for (unsigned int i = 0; i < want->class->field_count; i++) {
		unsigned int flags = want->class->fields[i].flags;

		if (flags & (FIELD_POLICY | FIELD_LIVE))
			continue;
		if (field_is_set(want, i)
			    ? !field_is_set(have, i) || !field_equal(have, want, i)
			    : flags & FIELD_EXACT && field_is_set(have, i))
			differing |= UINT64_C(1) << i;
	}
	return differing;
}

/* A size is the one value whose own comma would end it inside of { }. */
static void print_in_flow(const struct obj *obj, unsigned int index, struct buf *out)
{
	_cleanup_(buf_done) struct buf text = { 0 };

	if (obj->class->fields[index].type != FIELD_SIZE) {
		field_print(obj, index, out);
		return;
	}
	field_print(obj, index, &text);
	if (text.failed)
		out->failed = true;
	else
		buf_addf(out, strchr(text.data, ',') ? "\"%s\"" : "%s", text.data);
}

bool obj_is_off(const struct obj *obj)
{
	if (obj->class->is_off && obj->class->is_off(obj))
		return true;
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];

		if (field->type == FIELD_BOOL && field->flags & FIELD_DERIVED &&
		    field_is_set(obj, i) && !field_bool(obj, i))
			return true;
	}
	return false;
}

void obj_print(const struct obj *obj, unsigned int without, struct buf *out)
{
	const char *before = "{";

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];

		if (field->flags & without || !field_is_set(obj, i) ||
		    field_is_default(obj, i))
			continue;
		buf_addf(out, "%s%s: ", before, field->name);
		print_in_flow(obj, i, out);
		before = ", ";
	}
	buf_add(out, streq(before, "{") ? "{}" : "}");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * The numbers at the start of *a and *b by value; both move behind them. The longer one
 * is the larger; of two as long as each other, the first digit that differs decides.
 */
static int compare_numbers(const char **a, const char **b)
{
	int differ = 0;

	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	for (; is_digit(**a) && is_digit(**b); (*a)++, (*b)++)
		if (differ == 0)
			differ = **a - **b;
	if (is_digit(**a) || is_digit(**b))
		return is_digit(**a) ? 1 : -1;
	return differ;
}

static int compare_names(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x && *y) {
		int r;

		if (is_digit(*x) && is_digit(*y)) {
			r = compare_numbers(&x, &y);
		} else {
			r = (unsigned char)*x - (unsigned char)*y;
			x++;
			y++;
		}
		if (r != 0)
			return r;
	}
	if (*x || *y)
		return *x ? 1 : -1;
	/* rd1 and rd01 are two names. */
	return strcmp(a, b);
}

int obj_compare_keys(const struct obj_class *a_class, const char *a_name,
		     const struct obj_class *b_class, const char *b_name)
{
	if (a_class->rank != b_class->rank)
		return a_class->rank < b_class->rank ? -1 : 1;
	if (a_class != b_class)
		return strcmp(a_class->name, b_class->name);
	return compare_names(a_name, b_name);
}

int obj_compare(const struct obj *a, const struct obj *b)
{
	return obj_compare_keys(a->class, obj_name(a), b->class, obj_name(b));
}
