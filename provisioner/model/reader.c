/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader that turns mappings of the YAML into objects, by the field tables. */
#include "model/reader.h"

#include "base/cleanup.h"
#include "base/mask.h"
#include "base/similar.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/duplicates.h"
#include "model/scalar.h"

#include <assert.h>
#include <limits.h>
#include <stdint.h>

/* An object while its mapping is read. */
struct item {
	struct obj *obj;
	uint64_t seen;	   /* bit i: the mapping has the key of fields[i], valid or not */
	const char *where; /* the object around it: "export 'a': "; or "" */
	char *label;	   /* for messages: .where and "ramdisk 'rd0'" */
	char *kind_label;  /* .where and "ramdisk" */
};

static int read_item(struct reader *reader, struct item *item, const struct node *node);
static void item_done(struct item *item);

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
		[FIELD_DURATION] = "a time",	 [FIELD_STRINGS] = "a list, as in [a, b]",
		[FIELD_OBJECTS] = "a list",
	};

	return words[type];
}

/* Return: the type as which YAML has the value, or each value of a list. */
static enum field_type written_type(const struct field *field)
{
	enum field_type type = field_item_of(field)->type;

	return type == FIELD_STRINGS ? FIELD_STRING : type;
}

/* Complain if other YAML readers give the value another type. The JSON Schema agrees. */
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
			       : "YAML does not read this as a string; write the value in quotes";
	default:
		return NULL;
	}
}

/* Read a single value, or one value of a list. */
static int read_scalar(struct reader *reader, const struct item *item, unsigned int index,
		       const struct node *node, const char *label)
{
	const struct field *field = &item->obj->class->fields[index];
	_cleanup_free_ char *error = NULL;
	size_t offset = 0;
	const char *style;
	int r = field->type == FIELD_STRINGS
			? field_parse_item(item->obj, index, node->text, node->pos,
					   &error, &offset)
			: field_parse(item->obj, index, node->text, &error, &offset);

	if (r == -EINVAL && field->flags & (FIELD_SECRET | FIELD_SECRET_FILE))
		return diag_add_concealed(reader->diag, node->pos, "%s: %s: %s", label,
					  field->name, error);
	if (r == -EINVAL)
		return diag_add(reader->diag, node_pos(node, offset),
				"%s: %s '%.*s%s': %s", label, field->name,
				UTF8_SHORT(node->text), error);
	if (r < 0)
		return r;
	style = wrong_style(written_type(field), node);
	if (style)
		return diag_add(reader->diag, node->pos, "%s: %s '%.*s%s': %s", label,
				field->name, UTF8_SHORT(node->text), style);
	return 0;
}

static int compare_items(const void *a, const void *b)
{
	const struct list_item *x = *(const struct list_item *const *)a;
	const struct list_item *y = *(const struct list_item *const *)b;
	int r = strcmp(x->text, y->text);

	return r != 0 ? r : src_pos_compare(x->pos, y->pos);
}

static int check_items(struct reader *reader, const struct item *item, unsigned int index)
{
	const struct string_list *list = field_strings(item->obj, index);
	_cleanup_free_ const struct list_item **sorted = NULL;
	size_t count = list->items.count;
	int r = 0;

	sorted = calloc(count + 1, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &list->items.items[i];
	qsort(sorted, count, sizeof(*sorted), compare_items);
	for (size_t i = 1; i < count; i++)
		if (streq(sorted[i]->text, sorted[i - 1]->text))
			r = diag_add(reader->diag, sorted[i]->pos,
				     "%s: %s '%.*s%s' occurs twice", item->label,
				     item->obj->class->fields[index].name,
				     UTF8_SHORT(sorted[i]->text));
	return r;
}

/* Return: as read_list(). */
static int read_string_item(struct reader *reader, const struct item *item,
			    unsigned int index, const struct node *node)
{
	const struct field *field = &item->obj->class->fields[index];

	if (node->type != NODE_SCALAR)
		return diag_add(reader->diag, node->pos, "%s: %s: expected %s, not %s",
				item->label, field->name,
				expected_word(written_type(field)), node_word(node));
	if (node_is_null(node))
		return diag_add(reader->diag, node->pos,
				"%s: %s: an entry is empty; delete the entry",
				item->label, field->name);
	return read_scalar(reader, item, index, node, item->label);
}

static int read_object_item(struct reader *reader, const struct item *item,
			    unsigned int index, const struct node *node)
{
	const struct field *field = &item->obj->class->fields[index];
	_cleanup_free_ char *where = NULL;
	struct item nested = { 0 };
	int r, added;

	if (node->type != NODE_MAPPING)
		return diag_add(
			reader->diag, node->pos,
			"%s: %s: expected a mapping that begins with '%s: ', not %s",
			item->label, field->name, field->items->fields[0].name,
			node_word(node));
	r = str_format(&where, "%s: ", item->label);
	if (r < 0)
		return r;
	nested.where = where;
	nested.obj = obj_new(field->items);
	r = nested.obj ? read_item(reader, &nested, node) : -ENOMEM;
	if (r != -ENOMEM && field_is_set(nested.obj, 0)) {
		added = field_add_object(item->obj, index, TAKE_PTR(nested.obj));
		r = added < 0 ? added : r;
	}
	item_done(&nested);
	return r;
}

/* Return: 0; -EINVAL after an error of an item was reported; -ENOMEM. */
static int read_list(struct reader *reader, const struct item *item, unsigned int index,
		     const struct node *node)
{
	const struct field *field = &item->obj->class->fields[index];
	int result = 0, r;

	field_set_empty(item->obj, index);
	for (const struct node *entry = node->child; entry; entry = entry->next) {
		if (entry->wrong)
			r = -EINVAL;
		else if (field->type == FIELD_STRINGS)
			r = read_string_item(reader, item, index, entry);
		else
			r = read_object_item(reader, item, index, entry);
		if (r == -ENOMEM)
			return r;
		result = r < 0 ? r : result;
	}
	if (field->type == FIELD_STRINGS) {
		r = check_items(reader, item, index);
	} else {
		const struct object_list *list = field_objects(item->obj, index);
		_cleanup_free_ char *where = NULL;

		r = str_format(&where, "%s: ", item->label);
		if (r == 0)
			r = duplicates_report(&reader->model, list->objs.items,
					      list->objs.count, where, reader->diag);
	}
	return r < 0 ? r : result;
}

static int read_value(struct reader *reader, const struct item *item, unsigned int index,
		      const struct node *node)
{
	const struct field *field = &item->obj->class->fields[index];
	/* An error of the key quotes the value, which is the name of the object. */
	const char *label = index == 0 ? item->kind_label : item->label;
	int r;

	if (node_is_null(node))
		return diag_add(reader->diag, node->pos, "%s: %s has no value", label,
				field->name);
	if (node->type != (field_is_list(field) ? NODE_SEQUENCE : NODE_SCALAR))
		return diag_add(reader->diag, node->pos, "%s: %s: expected %s, not %s",
				label, field->name, expected_word(field->type),
				node_word(node));
	r = field_is_list(field) ? read_list(reader, item, index, node)
				 : read_scalar(reader, item, index, node, label);
	if (r == 0)
		item->obj->field_pos[index] = node->pos;
	return r;
}

/* --- one object --- */

/* Return: the index of the field; field_count if no field has the key. */
static unsigned int find_field(const struct obj_class *class, const char *key)
{
	unsigned int index;

	for (index = 0; index < class->field_count; index++)
		if (field_is_key(&class->fields[index]) &&
		    streq(class->fields[index].name, key))
			break;
	return index;
}

/* Return what does the work of a key that other programs have; NULL: the key is unknown. */
static const char *instead_of(const char *key)
{
	static const struct {
		const char *key, *instead;
	} others[] = {
		{ "filesystem",
		  "; x-systemd.makefs in /etc/fstab creates a file system" },
		{ "fstype", "; x-systemd.makefs in /etc/fstab creates a file system" },
		{ "fs-type", "; x-systemd.makefs in /etc/fstab creates a file system" },
		{ "mount", "; a line in /etc/fstab mounts the device" },
		{ "mountpoint", "; a line in /etc/fstab mounts the device" },
		{ "mount-point", "; a line in /etc/fstab mounts the device" },
		{ "mount_point", "; a line in /etc/fstab mounts the device" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (streq(key, others[i].key))
			return others[i].instead;
	return NULL;
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
	if (instead_of(key->text)) {
		buf_done(&hint);
		buf_add(&hint, instead_of(key->text));
	} else if (best && similar_is_typo(key->text, least)) {
		buf_done(&hint);
		buf_addf(&hint, "; did you mean '%s'?", best);
	}
	if (hint.failed) {
		buf_done(&hint);
		return -ENOMEM;
	}
	/* The value may be a secret that belongs in a file. */
	(mask_is_secret_name(key->text) ? diag_add_concealed : diag_add)(
		reader->diag, key->pos, "%s: unknown key '%.*s%s'%s", item->label,
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

/* Return: 0; -EINVAL after the missing key was reported; -ENOMEM. */
static int derive_key(struct reader *reader, struct item *item)
{
	const struct obj_class *class = item->obj->class;
	_cleanup_free_ char *error = NULL, *text = NULL;
	struct buf key = { 0 };
	size_t offset;
	int r;

	if (!class->default_key || item->seen & 1)
		return 0;
	class->default_key(item->obj, &key);
	r = buf_take(&key, &text);
	if (r == 0)
		r = field_parse(item->obj, 0, text, &error, &offset);
	if (r == -EINVAL)
		diag_add(reader->diag, item->obj->pos, "%s: the key '%s' is missing",
			 item->label, class->fields[0].name);
	return r;
}

/* Find the name first: messages about keys before it have the name too. */
static int make_label(struct item *item, const struct node *node)
{
	const struct obj_class *class = item->obj->class;
	const struct node *name = NULL;
	int r = str_format(&item->kind_label, "%s%s", item->where, class->name);

	if (r < 0)
		return r;
	for (const struct node *key = node->child; key && !class->single;
	     key = key->next->next)
		if (!key->wrong && streq(key->text, class->fields[0].name))
			name = key->next;
	if (!name || name->wrong || name->type != NODE_SCALAR || *name->text == '\0' ||
	    class->fields[0].flags & FIELD_SECRET)
		return str_format(&item->label, "%s", item->kind_label);
	return str_format(&item->label, "%s '%.*s%s'", item->kind_label,
			  UTF8_SHORT(name->text));
}

static void item_done(struct item *item)
{
	obj_free(item->obj);
	free(item->label);
	free(item->kind_label);
}

/* Return: 0; -EINVAL after an error of the object was reported; -ENOMEM. */
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
	r = derive_key(reader, item);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		result = r;
	r = obj_set_defaults(item->obj);
	assert(r != -EINVAL);
	return r < 0 ? r : result;
}

int reader_add_object(struct reader *reader, const struct obj_class *class,
		      const struct node *node)
{
	struct item item = { .obj = obj_new(class), .where = "" };
	int r = item.obj ? read_item(reader, &item, node) : -ENOMEM;

	if (r != -ENOMEM && (class->single || field_is_set(item.obj, 0))) {
		r = vec_push(&reader->clean, r == 0);
		if (r == 0)
			r = model_add(&reader->model, TAKE_PTR(item.obj));
	}
	item_done(&item);
	return r == -ENOMEM ? r : 0;
}
