/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The set of objects in the order of model_add(), and its sorted index. */
#include "model/model.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

static void values_done(struct model *model)
{
	vec_foreach (value, &model->values)
		free(value->own);
	vec_done(&model->values);
}

void model_done(struct model *model)
{
	for (size_t i = model->lent; i < model->objs.count; i++)
		obj_free(model->objs.items[i]);
	vec_done(&model->objs);
	vec_foreach (file, &model->files)
		free(*file);
	vec_done(&model->files);
	vec_done(&model->stated);
	vec_foreach (remark, &model->remarks)
		free(remark->text);
	vec_done(&model->remarks);
	free(model->index);
	values_done(model);
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

int model_add_remark(struct model *model, const struct obj_class *class, char *text)
{
	const struct model_remark remark = { class, text };
	int r = text ? vec_push(&model->remarks, remark) : -ENOMEM;

	if (r < 0)
		free(text);
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

static int compare_places(const void *a, const void *b)
{
	return obj_compare(*(struct obj *const *)a, *(struct obj *const *)b);
}

/* Files and directories are mostly sorted already; this check costs less than qsort(). */
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
		int r = obj_compare_keys(class, name, obj->class, obj_name(obj));

		if (r == 0)
			return obj;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static int compare_values(const void *a, const void *b)
{
	const struct model_value *left = a, *right = b;
	int r;

	if (left->class != right->class)
		return left->class->rank < right->class->rank ? -1 : 1;
	if (left->field != right->field)
		return left->field < right->field ? -1 : 1;
	r = strcmp(left->text, right->text);
	return r ? r : (left->order > right->order) - (left->order < right->order);
}

static int add_values(struct model *model, size_t order)
{
	struct obj *obj = model->objs.items[order];

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];
		struct model_value value = { obj->class, i, NULL, NULL, obj, order };

		if (!(field->flags & FIELD_INDEXED) || !field_is_set(obj, i))
			continue;
		value.text = field->type == FIELD_DEVICE ? field_device(obj, i)->text
							 : field_string(obj, i);
		if (value.text && vec_push(&model->values, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_texts(struct model *model, size_t order)
{
	struct obj *obj = model->objs.items[order];
	bool (*print)(const struct obj *, unsigned int, struct buf *) =
		obj->class->print_text;
	int r = 0;

	for (unsigned int i = 0; r == 0 && print; i++) {
		_cleanup_(buf_done) struct buf text = { 0 };
		struct model_value value = { obj->class, obj->class->field_count,
					     NULL,	 NULL,
					     obj,	 order };

		if (!print(obj, i, &text))
			break;
		r = buf_take(&text, &value.own);
		value.text = value.own;
		if (r == 0)
			r = vec_push(&model->values, value);
		if (r < 0)
			free(value.own);
	}
	return r;
}

int model_sort_values(struct model *model)
{
	int r = 0;

	values_done(model);
	for (size_t i = 0; r == 0 && i < model->objs.count; i++)
		if ((r = add_values(model, i)) == 0)
			r = add_texts(model, i);
	if (r == 0 && model->values.count > 0)
		qsort(model->values.items, model->values.count,
		      sizeof(*model->values.items), compare_values);
	return r;
}

struct obj *model_find_value(const struct model *model, const struct obj_class *class,
			     unsigned int field, const char *text)
{
	const struct model_value key = { class, field, text, NULL, NULL, 0 };
	const struct model_value *found;
	size_t low = 0, high = model->values.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_values(&model->values.items[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	found = low < model->values.count ? &model->values.items[low] : NULL;
	return found && found->class == class && found->field == field &&
			       streq(found->text, text)
		       ? found->obj
		       : NULL;
}

struct obj *model_find_text(const struct model *model, const struct obj_class *class,
			    const char *text)
{
	return model_find_value(model, class, class->field_count, text);
}

const struct obj *model_earlier(const struct obj *a, const struct obj *b)
{
	if (!a || !b)
		return a ? a : b;
	return src_pos_compare(a->pos, b->pos) <= 0 ? a : b;
}

struct obj *const *model_list(const struct model *model, const struct obj_class *class,
			      size_t *ret_count)
{
	size_t first = 0, end;

	while (first < model->indexed && model->index[first]->class != class)
		first++;
	for (end = first; end < model->indexed && model->index[end]->class == class;)
		end++;
	*ret_count = end - first;
	return *ret_count > 0 ? model->index + first : NULL;
}

char *model_place(const struct model *model, struct src_pos at, struct src_pos from)
{
	char *text;
	int r = at.file == from.file || at.file >= model->files.count
			? str_format(&text, "line %u", at.line)
			: str_format(&text, "%s:%u:%u", model->files.items[at.file],
				     at.line, at.column);

	return r < 0 ? NULL : text;
}

static bool has_share(const struct obj *obj)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct size *size =
			obj->class->fields[i].type == FIELD_SIZE && field_is_set(obj, i)
				? field_size(obj, i)
				: NULL;

		if (size && size->text && strchr(size->text, '%'))
			return true;
	}
	return false;
}

bool model_has_shares(const struct model *model)
{
	vec_foreach (obj, &model->objs) {
		if (has_share(*obj))
			return true;
	}
	return false;
}

void model_resolve(struct model *model, uint64_t ram_bytes)
{
	vec_foreach (obj, &model->objs)
		for (unsigned int i = 0; i < (*obj)->class->field_count; i++)
			field_resolve(*obj, i, ram_bytes);
}
