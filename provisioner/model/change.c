/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find the fields in which two objects differ, also in the objects of their lists. */
#include "model/change.h"

#include "base/cleanup.h"
#include "base/str.h"

static int find(const struct obj *have, const struct obj *want, uint64_t changed,
		const char *prefix, struct changes *out);

static void change_done(struct change *change)
{
	free(change->name);
	free(change->from);
	free(change->to);
}

void changes_done(struct changes *changes)
{
	vec_foreach (change, &changes->changes)
		change_done(change);
	vec_done(&changes->changes);
}

/* Takes ownership of the texts. @name may be NULL, and then this returns -ENOMEM. */
static int add(struct changes *out, char *name, struct buf *from, struct buf *to)
{
	struct change change = { .name = name };
	int r = name ? 0 : -ENOMEM, end;

	end = buf_take(from, &change.from);
	r = r < 0 ? r : end;
	end = buf_take(to, &change.to);
	r = r < 0 ? r : end;
	if (r == 0)
		r = vec_push(&out->changes, change);
	if (r < 0)
		change_done(&change);
	return r;
}

static char *join(const char *prefix, const char *name)
{
	char *text;

	return str_format(&text, "%s%s", prefix, name) < 0 ? NULL : text;
}

/* Describe an object of a list that was added (@have is NULL) or removed (@want is NULL). */
static int add_item(const struct obj *have, const struct obj *want, const char *list,
		    struct changes *out)
{
	struct buf from = { 0 }, to = { 0 };
	char *name;
	int r = str_format(&name, "%s[%s]", list, obj_name(have ? have : want));

	if (r < 0)
		return r;
	if (have)
		obj_print(have, FIELD_KEY | FIELD_LIVE | FIELD_DERIVED, &from);
	if (want)
		obj_print(want, FIELD_KEY | FIELD_LIVE | FIELD_DERIVED, &to);
	return add(out, name, &from, &to);
}

static int find_in_item(const struct obj *have, const struct obj *want, const char *list,
			struct changes *out)
{
	_cleanup_free_ char *prefix = NULL;
	int r = str_format(&prefix, "%s[%s].", list, obj_name(want));

	return r < 0 ? r : find(have, want, obj_differing(have, want), prefix, out);
}

static int find_in_list(const struct obj *have, const struct obj *want,
			unsigned int index, const char *list, struct changes *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && field_is_set(have, index) &&
			   i < field_objects(have, index)->objs.count;
	     i++) {
		const struct obj *item = field_objects(have, index)->objs.items[i];

		if (!field_find_object(want, index, obj_name(item)))
			r = add_item(item, NULL, list, out);
	}
	for (size_t i = 0; r == 0 && field_is_set(want, index) &&
			   i < field_objects(want, index)->objs.count;
	     i++) {
		const struct obj *item = field_objects(want, index)->objs.items[i];
		const struct obj *live = field_find_object(have, index, obj_name(item));

		r = live ? find_in_item(live, item, list, out)
			 : add_item(NULL, item, list, out);
	}
	return r;
}

static int find_in_value(const struct obj *have, const struct obj *want,
			 unsigned int index, const char *prefix, struct changes *out)
{
	struct buf from = { 0 }, to = { 0 };

	if (field_is_set(have, index))
		field_print(have, index, &from);
	if (field_is_set(want, index))
		field_print(want, index, &to);
	return add(out, join(prefix, want->class->fields[index].name), &from, &to);
}

static int find(const struct obj *have, const struct obj *want, uint64_t changed,
		const char *prefix, struct changes *out)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < want->class->field_count; i++) {
		const struct field *field = &want->class->fields[i];
		_cleanup_free_ char *list = NULL;

		if (!(changed >> i & 1))
			continue;
		if (field->type != FIELD_OBJECTS) {
			r = find_in_value(have, want, i, prefix, out);
			continue;
		}
		list = join(prefix, field->name);
		r = list ? find_in_list(have, want, i, list, out) : -ENOMEM;
	}
	return r;
}

int changes_find(const struct obj *have, const struct obj *want, uint64_t changed,
		 struct changes *ret)
{
	struct changes found = { 0 };
	int r = find(have, want, changed, "", &found);

	if (r < 0)
		changes_done(&found);
	else
		*ret = found;
	return r;
}
