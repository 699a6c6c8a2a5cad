/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sort objects by their keys, and report each that has the key of the one before. */
#include "model/duplicates.h"

#include "base/cleanup.h"

/* Return the place of the text that names the object. */
static struct src_pos name_pos(const struct obj *obj)
{
	return obj->class->single ? obj->pos : obj_field_pos(obj, 0);
}

static int compare_duplicates(const void *a, const void *b)
{
	const struct obj *x = *(const struct obj *const *)a;
	const struct obj *y = *(const struct obj *const *)b;
	int r = obj_compare(x, y);

	return r != 0 ? r : src_pos_compare(name_pos(x), name_pos(y));
}

static int report(const struct model *model, const struct obj *first,
		  const struct obj *obj, const char *where, struct diag *diag)
{
	_cleanup_free_ char *place = model_place(model, name_pos(first), name_pos(obj));

	if (!place)
		return -ENOMEM;
	/* One file cannot have the section twice: its keys differ. */
	if (obj->class->single)
		return diag_add(diag, obj->pos,
				"%sthe section '%s' occurs twice; first at %s", where,
				obj->class->section, place);
	return diag_add(diag, name_pos(obj), "%s%s '%s' occurs twice; first at %s", where,
			obj->class->name, obj_name(obj), place);
}

int duplicates_report(const struct model *model, struct obj *const *objs, size_t count,
		      const char *where, struct diag *diag)
{
	_cleanup_free_ struct obj **sorted = NULL;
	size_t first = 0;
	int r = 0;

	if (count == 0)
		return 0;
	sorted = calloc(count, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, objs, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_duplicates);
	for (size_t i = 1; i < count; i++) {
		if (obj_compare(sorted[i], sorted[first]) != 0) {
			first = i;
			continue;
		}
		r = report(model, sorted[first], sorted[i], where, diag);
		if (r == -ENOMEM)
			break;
	}
	return r;
}
