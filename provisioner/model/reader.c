/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mappings to objects, by the field tables. */
#include "model/reader.h"

#include "base/cleanup.h"
#include "base/similar.h"
#include "base/utf8.h"
#include "model/scalar.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>

/* An object while its mapping is read. */
struct item {
	struct obj *obj;
	uint64_t seen; /* bit i: the key of fields[i] is there, with whatever value */
	char *label;   /* "ramdisk 'rd0'" for the messages */
};

const char *node_word(const struct node *node)
{
	static const char *const words[] = {
		[NODE_SCALAR] = "a single value",
		[NODE_SEQUENCE] = "a list",
		[NODE_MAPPING] = "a mapping",
	};

	return words[node->type];
}

bool node_is_null(const struct node *node)
{
	return node->type == NODE_SCALAR && node->style == NODE_PLAIN &&
	       scalar_is_null(node->text);
}

/* --- one value --- */

static const char *expected_word(enum field_type type)
{
	static const char *const words[] = {
		[FIELD_STRING] = "a word",	 [FIELD_SIZE] = "a size",
		[FIELD_UINT] = "a whole number", [FIELD_BOOL] = "true or false",
		[FIELD_ENUM] = "a word",	 [FIELD_DEVICE] = "a device",
		[FIELD_DURATION] = "a time",
	};

	return words[type];
}

/* What the JSON Schema says too: the type that other readers take the value for. */
static const char *wrong_style(enum field_type type, const struct node *node)
{
	switch (type) {
	case FIELD_UINT:
		return node->style == NODE_PLAIN ? NULL
						 : "write the number without quotes";
	case FIELD_BOOL:
		return node->style == NODE_PLAIN ? NULL
						 : "write true or false, without quotes";
	case FIELD_STRING:
	case FIELD_DEVICE:
		return node->style != NODE_PLAIN || scalar_is_string(node->text)
			       ? NULL
			       : "without quotes around it this is not a string: write it in quotes";
	default:
		return NULL;
	}
}

static int read_value(struct reader *reader, const struct item *item, unsigned int index,
		      const struct node *node)
{
	const struct field *field = &item->obj->class->fields[index];
	/* What is wrong with the key names the object already. */
	const char *label = index == 0 ? item->obj->class->name : item->label;
	_cleanup_free_ char *error = NULL;
	size_t offset = 0;
	const char *style;
	int r;

	if (node->type != NODE_SCALAR)
		return diag_add(reader->diag, node->pos, "%s: %s: expected %s, not %s",
				label, field->name, expected_word(field->type),
				node_word(node));
	if (node_is_null(node))
		return diag_add(reader->diag, node->pos, "%s: %s has no value", label,
				field->name);
	r = field_parse(item->obj, index, node->text, &error, &offset);
	if (r == -EINVAL)
		return diag_add(reader->diag, node_pos(node, offset),
				"%s: %s '%.*s%s': %s", label, field->name,
				UTF8_SHORT(node->text), error);
	if (r < 0)
		return r;
	style = wrong_style(field->type, node);
	if (style)
		return diag_add(reader->diag, node->pos, "%s: %s '%.*s%s': %s", label,
				field->name, UTF8_SHORT(node->text), style);
	item->obj->field_pos[index] = node->pos;
	return 0;
}

/* --- one object --- */

/* Return: the field's index; field_count if there is none. */
static unsigned int find_field(const struct obj_class *class, const char *key)
{
	unsigned int index;

	for (index = 0; index < class->field_count; index++)
		if (field_is_key(&class->fields[index]) &&
		    streq(class->fields[index].name, key))
			break;
	return index;
}

static int report_unknown_key(struct reader *reader, const struct item *item,
			      const struct node *key)
{
	const struct obj_class *class = item->obj->class;
	unsigned int least = UINT_MAX;
	struct buf hint = { 0 };
	const char *best = NULL;

	for (unsigned int i = 0; i < class->field_count; i++) {
		unsigned int distance =
			similar_distance(key->text, class->fields[i].name);

		if (!field_is_key(&class->fields[i]))
			continue;
		buf_addf(&hint, "%s%s", hint.len ? ", " : "; the keys are ",
			 class->fields[i].name);
		if (distance < least) {
			least = distance;
			best = class->fields[i].name;
		}
	}
	if (best && similar_is_typo(key->text, least)) {
		buf_done(&hint);
		buf_addf(&hint, "; did you mean '%s'?", best);
	}
	if (hint.failed) {
		buf_done(&hint);
		return -ENOMEM;
	}
	diag_add(reader->diag, key->pos, "%s: unknown key '%.*s%s'%s", item->label,
		 UTF8_SHORT(key->text), hint.data ? hint.data : "");
	buf_done(&hint);
	return -EINVAL;
}

static int read_pair(struct reader *reader, struct item *item, const struct node *key)
{
	const struct obj_class *class = item->obj->class;
	unsigned int index;

	if (key->wrong)
		return -EINVAL;
	index = find_field(class, key->text);
	if (index == class->field_count)
		return report_unknown_key(reader, item, key);
	item->seen |= UINT64_C(1) << index;
	if (key->next->wrong)
		return -EINVAL;
	return read_value(reader, item, index, key->next);
}

static int check_required(struct reader *reader, const struct item *item)
{
	const struct obj_class *class = item->obj->class;
	int r = 0;

	for (unsigned int i = 0; i < class->field_count; i++)
		if (class->fields[i].flags & FIELD_REQUIRED && !(item->seen >> i & 1))
			r = diag_add(reader->diag, item->obj->pos,
				     "%s: the key '%s' is missing", item->label,
				     class->fields[i].name);
	return r;
}

/* The name comes into all messages about the object, wherever its key stands. */
static int make_label(struct item *item, const struct node *node)
{
	const struct obj_class *class = item->obj->class;
	const struct node *name = NULL;

	for (const struct node *key = node->child; key; key = key->next->next)
		if (!key->wrong && streq(key->text, class->fields[0].name))
			name = key->next;
	if (!name || name->wrong || name->type != NODE_SCALAR || *name->text == '\0')
		item->label = strdup(class->name);
	else if (asprintf(&item->label, "%s '%.*s%s'", class->name,
			  UTF8_SHORT(name->text)) < 0)
		item->label = NULL;
	return item->label ? 0 : -ENOMEM;
}

/* Return: 0; -EINVAL: the object has an error, which was reported; -ENOMEM. */
static int read_item(struct reader *reader, struct item *item, const struct node *node)
{
	int result = 0, r;

	item->obj->pos = node->pos;
	item->obj->field_pos =
		calloc(item->obj->class->field_count, sizeof(struct src_pos));
	if (!item->obj->field_pos)
		return -ENOMEM;
	r = make_label(item, node);
	if (r < 0)
		return r;
	for (const struct node *key = node->child; key; key = key->next->next) {
		r = read_pair(reader, item, key);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			result = r;
	}
	r = check_required(reader, item);
	if (r < 0)
		result = r;
	r = obj_set_defaults(item->obj);
	assert(r != -EINVAL);
	return r < 0 ? r : result;
}

int reader_add_object(struct reader *reader, const struct obj_class *class,
		      const struct node *node)
{
	struct item item = { .obj = obj_new(class) };
	int r;

	if (!item.obj)
		return -ENOMEM;
	r = read_item(reader, &item, node);
	free(item.label);
	if (r == -ENOMEM || !field_is_set(item.obj, 0)) {
		obj_free(item.obj);
		return r == -ENOMEM ? r : 0;
	}
	if (vec_push(&reader->clean, r == 0) < 0) {
		obj_free(item.obj);
		return -ENOMEM;
	}
	return model_add(&reader->model, item.obj);
}
