/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the configuration, and what holds across objects. */
#include "model/config.h"

#include "base/cleanup.h"
#include "base/similar.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/duplicates.h"
#include "model/reader.h"

#include <limits.h>

/* A file with 10,000 objects has a third as many. */
#define NODES_MAX 500000

/* --- the sections and the whole --- */

static int read_single_section(struct reader *reader, const struct obj_class *class,
			       const struct node *node)
{
	if (node->type == NODE_MAPPING)
		return reader_add_object(reader, class, node);
	diag_add(reader->diag, node->pos, "%s: expected a mapping, not %s",
		 class->section, node_word(node));
	return 0;
}

static int read_section(struct reader *reader, const struct obj_class *class,
			const struct node *node)
{
	int r;

	/* A section whose entries are all comments has a null value. */
	if (node->wrong || node_is_null(node))
		return 0;
	if (class->single)
		return read_single_section(reader, class, node);
	if (node->type != NODE_SEQUENCE) {
		diag_add(reader->diag, node->pos,
			 "%s: expected a list with '- ' before each entry, not %s",
			 class->section, node_word(node));
		return 0;
	}
	r = model_state(&reader->model, class);
	if (r < 0)
		return r;
	for (const struct node *item = node->child; item; item = item->next) {
		if (item->wrong)
			continue;
		if (item->type == NODE_MAPPING)
			r = reader_add_object(reader, class, item);
		else if (node_is_null(item))
			diag_add(reader->diag, item->pos,
				 "%s: an entry is empty; delete the entry",
				 class->section);
		else
			diag_add(reader->diag, item->pos,
				 "%s: expected a mapping that begins with '%s: ', not %s",
				 class->section, class->fields[0].name, node_word(item));
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct obj_class *find_section(const struct reader *reader, const char *key)
{
	for (size_t i = 0; reader->classes[i]; i++)
		if (reader->classes[i]->section &&
		    streq(reader->classes[i]->section, key))
			return reader->classes[i];
	return NULL;
}

static void report_unknown_section(struct reader *reader, const struct node *key)
{
	const char *best = "version";
	unsigned int least = similar_distance(key->text, best);

	for (size_t i = 0; reader->classes[i]; i++) {
		const char *section = reader->classes[i]->section;
		unsigned int distance =
			section ? similar_distance(key->text, section) : UINT_MAX;

		if (distance < least) {
			least = distance;
			best = section;
		}
	}
	if (streq(key->text, "include"))
		diag_add(reader->diag, key->pos,
			 "unknown key 'include'; a file in " CONFIG_DROPINS_PATH
			 " is read without it");
	else if (similar_is_typo(key->text, least))
		diag_add(reader->diag, key->pos,
			 "unknown key '%.*s%s'; did you mean '%s'?",
			 UTF8_SHORT(key->text), best);
	else
		diag_add(reader->diag, key->pos, "unknown key '%.*s%s'",
			 UTF8_SHORT(key->text));
}

/* Return: false for an unknown version, whose keys may have another meaning. */
static bool check_version(struct reader *reader, const struct node *root)
{
	char known[12];
	const struct node *value = NULL;

	snprintf(known, sizeof(known), "%d", CONFIG_VERSION);
	for (const struct node *key = root->child; key; key = key->next->next)
		if (!key->wrong && streq(key->text, "version"))
			value = key->next;
	if (!value) {
		diag_add(
			reader->diag, root->pos,
			"the key 'version' is missing; begin the file with 'version: %s'",
			known);
		return true;
	}
	if (value->wrong)
		return true;
	if (value->type != NODE_SCALAR || node_is_null(value)) {
		diag_add(reader->diag, value->pos,
			 "version: expected a number; write 'version: %s'", known);
		return true;
	}
	if (value->style == NODE_PLAIN && streq(value->text, known))
		return true;
	if (streq(value->text, known)) {
		diag_add(reader->diag, value->pos,
			 "version: write the number without quotes");
		return true;
	}
	diag_add(reader->diag, value->pos,
		 "unknown version '%.*s%s'; this program knows version %s",
		 UTF8_SHORT(value->text), known);
	return false;
}

static int read_root(struct reader *reader, const struct node *root)
{
	if (root->wrong)
		return 0;
	if (root->type != NODE_MAPPING) {
		diag_add(reader->diag, root->pos,
			 "expected a mapping that begins with 'version: %d', not %s",
			 CONFIG_VERSION, node_word(root));
		return 0;
	}
	if (!check_version(reader, root)) {
		reader->is_complete = false;
		return 0;
	}
	for (const struct node *key = root->child; key; key = key->next->next) {
		const struct obj_class *class;
		int r;

		if (key->wrong || streq(key->text, "version"))
			continue;
		class = find_section(reader, key->text);
		if (!class) {
			if (!reader->is_partial)
				report_unknown_section(reader, key);
			continue;
		}
		r = read_section(reader, class, key->next);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_references(struct reader *reader, const struct obj *obj,
			    const char *where);

static void check_reference(struct reader *reader, const struct obj *obj,
			    const struct field *field, const char *name,
			    struct src_pos pos, const char *where)
{
	if (!model_find(&reader->model, field->refers, name))
		diag_add(reader->diag, pos, "%s%s '%s': the configuration has no %s '%s'",
			 where, obj->class->name, obj_name(obj), field->refers->name,
			 name);
}

static int check_references_below(struct reader *reader, const struct obj *obj,
				  unsigned int index, const char *where)
{
	_cleanup_free_ char *below = NULL;
	int r = str_format(&below, "%s%s '%s': ", where, obj->class->name, obj_name(obj));

	if (r < 0)
		return r;
	vec_foreach (item, &field_objects(obj, index)->objs) {
		r = check_references(reader, *item, below);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Check that each object that @obj refers to exists. */
static int check_references(struct reader *reader, const struct obj *obj,
			    const char *where)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];
		int r = 0;

		if (!field_is_set(obj, i))
			continue;
		if (field->type == FIELD_OBJECTS)
			r = check_references_below(reader, obj, i, where);
		else if (field->refers && field->type == FIELD_STRING)
			check_reference(reader, obj, field, field_string(obj, i),
					obj_field_pos(obj, i), where);
		else if (field->refers)
			vec_foreach (item, &field_strings(obj, i)->items)
				check_reference(reader, obj, field, item->text, item->pos,
						where);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_whole(struct reader *reader)
{
	int r = model_sort(&reader->model);

	if (r == 0)
		r = model_sort_values(&reader->model);
	if (r < 0)
		return r;
	r = duplicates_report(&reader->model, reader->model.objs.items,
			      reader->model.objs.count, "", reader->diag);
	if (r == -ENOMEM)
		return r;
	for (size_t i = 0; reader->is_complete && i < reader->model.objs.count; i++) {
		const struct obj *obj = reader->model.objs.items[i];

		r = check_references(reader, obj, "");
		if (r < 0)
			return r;
		/* A class may compare each pair of its objects. */
		if (reader->clean.items[i] && obj->class->validate &&
		    !diag_is_full(reader->diag))
			obj->class->validate(obj, &reader->model, reader->diag);
	}
	return 0;
}

static int read_doc(struct reader *reader, unsigned int file, const struct yaml_doc *doc)
{
	if (doc->root && !node_is_null(doc->root))
		return read_root(reader, doc->root);
	diag_add(reader->diag, diag_whole(file),
		 "the file is empty; begin with 'version: %d'", CONFIG_VERSION);
	return 0;
}

/* Read one file. Its errors keep no other file from being read. Return: 0 or -ENOMEM. */
static int read_text(struct reader *reader, unsigned int file)
{
	struct yaml_doc doc = { 0 };
	int r = yaml_doc_parse(reader->diag, file, CONFIG_DEPTH_MAX, NODES_MAX,
			       &reader->nodes, &doc);

	if (r == -EINVAL) {
		reader->is_complete = false;
		return 0;
	}
	if (r == 0)
		r = read_doc(reader, file, &doc);
	yaml_doc_done(&doc);
	return r;
}

static int copy_names(const struct diag *diag, struct model *model)
{
	vec_foreach (file, &diag->files) {
		char *name = strdup(file->name);

		if (!name || vec_push(&model->files, name) < 0) {
			free(name);
			return -ENOMEM;
		}
	}
	return 0;
}

static int read_texts(struct reader *reader)
{
	const struct diag *diag = reader->diag;
	int r = copy_names(diag, &reader->model);

	for (unsigned int i = 0; r == 0 && i < diag->files.count; i++)
		if (diag->files.items[i].text)
			r = read_text(reader, i);
	return r == 0 ? check_whole(reader) : r;
}

int config_parse_texts(const struct obj_class *const *classes, bool is_partial,
		       struct diag *diag, struct model *ret)
{
	struct reader reader = {
		.classes = classes,
		.diag = diag,
		.is_partial = is_partial,
		/* Otherwise a file has no text because of an error. */
		.is_complete = diag_is_empty(diag),
	};
	int r = read_texts(&reader);

	vec_done(&reader.clean);
	if (r == 0 && !diag_is_empty(diag))
		r = -EINVAL;
	if (r < 0) {
		model_done(&reader.model);
		return r;
	}
	*ret = reader.model;
	return 0;
}

/* Skip a UTF-8 byte-order mark; refuse those of UTF-16 and UTF-32. */
int config_set_text(struct diag *diag, unsigned int file, const char *text, size_t len)
{
	size_t mark = 0;

	if (len > CONFIG_SIZE_MAX)
		return diag_add(diag, diag_whole(file), "is larger than %u MiB",
				CONFIG_SIZE_MAX >> 20);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		mark = 3;
	else if (len >= 2 &&
		 (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return diag_add(diag, diag_whole(file),
				"is UTF-16 or UTF-32 text; save the file as UTF-8");
	return diag_set_text(diag, file, text + mark, len - mark);
}

int config_parse(const char *text, size_t len, const struct obj_class *const *classes,
		 struct diag *diag, struct model *ret)
{
	int r = config_set_text(diag, 0, text, len);

	return r < 0 ? r : config_parse_texts(classes, false, diag, ret);
}
