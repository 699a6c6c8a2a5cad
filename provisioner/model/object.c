/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/object.h"

#include "base/units.h"

#include <ctype.h>

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
	free(obj->in_use);
	free(obj->content);
	free(obj);
}

const char *obj_name(const struct obj *obj)
{
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

void model_done(struct model *model)
{
	vec_foreach (obj, &model->objs)
		obj_free(*obj);
	vec_done(&model->objs);
	free(model->index);
	*model = (struct model){ 0 };
}

int model_add(struct model *model, struct obj *obj)
{
	int r = vec_push(&model->objs, obj);

	if (r < 0)
		obj_free(obj);
	return r;
}

/* The numbers at the start of *a and *b by value; both move behind them. */
static int compare_numbers(const char **a, const char **b)
{
	size_t a_len, b_len;
	int r;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	a_len = strspn(*a, "0123456789");
	b_len = strspn(*b, "0123456789");
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	r = memcmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return r;
}

static int compare_names(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x && *y) {
		int r;

		if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y)) {
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

int model_sort(struct model *model)
{
	size_t count = model->objs.count;
	struct obj **index = malloc(count ? count * sizeof(struct obj *) : 1);

	if (!index)
		return -ENOMEM;
	if (count) {
		memcpy(index, model->objs.items, count * sizeof(struct obj *));
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
