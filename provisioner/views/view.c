/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look up classes, objects and fields by name for the answers. */
#include "model/metric.h"
#include "report/metrics.h"
#include "views/views.h"

#include <assert.h>
#include <string.h>

const struct obj_class *view_class(const struct view *view, const char *name)
{
	for (const struct obj_class *const *class = view->classes; class && *class;
	     class ++)
		if (streq((*class)->name, name))
			return *class;
	return NULL;
}

struct obj *const *view_list(const struct view *view, const char *class,
			     size_t *ret_count)
{
	return model_list(&view->observed, view_class(view, class), ret_count);
}

unsigned int view_field(const struct obj_class *class, const char *name)
{
	unsigned int i = 0;

	while (i < class->field_count && !streq(class->fields[i].name, name))
		i++;
	assert(i < class->field_count);
	return i;
}

uint64_t view_number(const struct obj *obj, const char *field)
{
	uint64_t value;

	return metric_value(obj, view_field(obj->class, field), &value) ? value : 0;
}

const char *view_text(const struct obj *obj, const char *field)
{
	return metric_label(obj, view_field(obj->class, field));
}

int answer_metrics(const struct view *view, char **ret)
{
	struct metrics_source source = {
		.observed = &view->observed,
		.classes = view->classes,
		.doc = view->doc,
		.push = &view->push,
	};

	return metrics_to_text(&source, ret);
}
