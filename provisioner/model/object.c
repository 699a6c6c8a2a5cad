/* SPDX-License-Identifier: GPL-2.0-or-later */
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

void model_done(struct model *model)
{
	for (size_t i = model->lent; i < model->objs.count; i++)
		obj_free(model->objs.items[i]);
	vec_done(&model->objs);
	vec_done(&model->stated);
	free(model->index);
	*model = (struct model){ 0 };
}

bool model_states(const struct model *model, const struct obj_class *class)
{
	vec_foreach (stated, &model->stated) {
		if (*stated == class)
			return true;
	}
	return model->states_all;
}

int model_state(struct model *model, const struct obj_class *class)
{
	return model_states(model, class) ? 0 : vec_push(&model->stated, class);
}

int model_add(struct model *model, struct obj *obj)
{
	int r = vec_push(&model->objs, obj);

	if (r < 0)
		obj_free(obj);
	return r;
}

int model_lend(const struct model *from, unsigned int rank, struct model *to)
{
	vec_foreach (obj, &from->objs) {
		if ((*obj)->class->rank >= rank)
			continue;
		if (vec_push(&to->objs, *obj) < 0)
			return -ENOMEM;
		to->lent++;
	}
	return 0;
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

static int compare_keys(const struct obj_class *a_class, const char *a_name,
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
	return compare_keys(a->class, obj_name(a), b->class, obj_name(b));
}

static int compare_places(const void *a, const void *b)
{
	return obj_compare(*(struct obj *const *)a, *(struct obj *const *)b);
}

/* Files and folders come in order more often than not, and to see that is cheap. */
static bool is_sorted(struct obj *const *objs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (obj_compare(objs[i - 1], objs[i]) > 0)
			return false;
	return true;
}

struct obj *model_take(struct model *model, const struct obj_class *class)
{
	for (size_t i = 0; i < model->objs.count; i++) {
		struct obj *obj = model->objs.items[i];

		if (obj->class != class)
			continue;
		model->objs.count--;
		memmove(model->objs.items + i, model->objs.items + i + 1,
			(model->objs.count - i) * sizeof(struct obj *));
		free(model->index);
		model->index = NULL;
		model->indexed = 0;
		return obj;
	}
	return NULL;
}

int model_sort(struct model *model)
{
	size_t count = model->objs.count;
	struct obj **index = malloc(count ? count * sizeof(struct obj *) : 1);

	if (!index)
		return -ENOMEM;
	if (count) {
		memcpy(index, model->objs.items, count * sizeof(struct obj *));
		if (!is_sorted(index, count))
			qsort(index, count, sizeof(struct obj *), compare_places);
	}
	free(model->index);
	model->index = index;
	model->indexed = count;
	return 0;
}

struct obj *model_find(const struct model *model, const struct obj_class *class,
		       const char *name)
{
	size_t low = 0, high = model->indexed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct obj *obj = model->index[middle];
		int r = compare_keys(class, name, obj->class, obj_name(obj));

		if (r == 0)
			return obj;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

void model_resolve(struct model *model, uint64_t ram_bytes)
{
	vec_foreach (obj, &model->objs)
		for (unsigned int i = 0; i < (*obj)->class->field_count; i++)
			field_resolve(*obj, i, ram_bytes);
}
