/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions that the field types share: errors of a parser, strings and their lists. */
#include "model/field_ops.h"

#include "base/str.h"

#include <stdarg.h>

int field_complain(struct complaint c, size_t offset, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(c.error, fmt, args);
	va_end(args);
	if (r < 0)
		return r;
	*c.offset = offset;
	return -EINVAL;
}

void field_clear_string(const struct field *field, char **text)
{
	if (*text && field->flags & FIELD_SECRET)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

bool field_list_has(const struct string_list *list, const char *text)
{
	vec_foreach (item, &list->items) {
		if (streq(item->text, text))
			return true;
	}
	return false;
}

int field_append_item(struct obj *obj, unsigned int index, const char *text,
		      struct src_pos pos)
{
	struct string_list *list = field_member(obj, index);
	struct list_item item = { strdup(text), pos };
	int r = item.text ? vec_push(&list->items, item) : -ENOMEM;

	if (r < 0)
		free(item.text);
	else
		field_mark_set(obj, index);
	return r;
}
