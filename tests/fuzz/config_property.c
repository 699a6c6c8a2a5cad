/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/config_property.h"

#include "base/buf.h"
#include "base/macro.h"
#include "fuzz/property.h"
#include "kind/kinds.h"
#include "model/config.h"
#include "unit/fake_class.h"

#include <ctype.h>

#define RAM_BYTES   (UINT64_C(16) << 30)
#define CLASSES_MAX 32

/* Ends a file of the text, which no file of the configuration can contain. */
#define FILE_END '\f'

static const char *check_places(const struct diag *diag)
{
	vec_foreach (entry, &diag->entries) {
		const struct diag_file *file;
		struct src_pos pos = entry->pos;

		if (!entry->message || *entry->message == '\0')
			return "an error without a message";
		if (pos.file >= diag->files.count)
			return "a place in an unknown file";
		file = &diag->files.items[pos.file];
		if (pos.line == 0)
			continue;
		if (!file->text || pos.column == 0)
			return "a place without a text, or a line without a column";
		if (src_pos_compare(diag_pos(diag, pos.file, file->text_len), pos) < 0)
			return "a place behind the end of the text";
	}
	return NULL;
}

/* True if an error of the same line forbids to quote the line. */
static bool is_concealed(const struct diag *diag, struct src_pos pos)
{
	vec_foreach (entry, &diag->entries)
		if (entry->is_concealed && entry->pos.file == pos.file &&
		    entry->pos.line == pos.line)
			return true;
	return false;
}

/* An error with a place prints the message, the line and a caret; a concealed line is absent. */
static const char *check_print(const struct diag *diag)
{
	size_t lines = 0, wanted = 0, len = 0;
	const char *error = NULL;
	char *text = NULL;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	diag_print(diag, out);
	fclose(out);
	vec_foreach (entry, &diag->entries)
		wanted += entry->pos.line && !is_concealed(diag, entry->pos) ? 3 : 1;
	for (size_t i = 0; i < len; i++) {
		lines += text[i] == '\n';
		if (text[i] != '\n' && iscntrl((unsigned char)text[i]))
			error = "a control character is printed";
	}
	/* Beyond the limit, it is not known here which errors are printed. */
	if (diag->entries.count > DIAG_PRINTED_MAX) {
		if (lines > 3 * DIAG_PRINTED_MAX + 2)
			error = "more errors are printed than the limit";
	} else if (lines != wanted) {
		error = "an error whose place is not in its line, or more lines than meant";
	}
	free(text);
	return error;
}

static void print_object(const struct obj *obj, struct buf *out)
{
	const char *bullet = obj->class->single ? "  " : "- ";

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		if (!field_is_set(obj, i))
			continue;
		buf_addf(out, "%s%s: ", bullet, obj->class->fields[i].name);
		field_print(obj, i, out);
		buf_add(out, "\n");
		bullet = "  ";
	}
}

static char *print_model(const struct model *model,
			 const struct obj_class *const *classes)
{
	struct buf out = { 0 };
	char *text;

	buf_addf(&out, "version: %d\n", CONFIG_VERSION);
	for (size_t i = 0; classes[i]; i++) {
		if (!classes[i]->section)
			continue;
		buf_addf(&out, "%s:\n", classes[i]->section);
		vec_foreach (obj, &model->objs)
			if ((*obj)->class == classes[i])
				print_object(*obj, &out);
	}
	return buf_take(&out, &text) < 0 ? NULL : text;
}

/*
 * Devices are the same by their numbers, which only a machine gives: here each text means a
 * device of its own.
 */
static void number_devices(struct obj *obj)
{
	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		enum field_type type = obj->class->fields[i].type;
		uint64_t number = 1;

		if (!field_is_set(obj, i))
			continue;
		if (type == FIELD_OBJECTS)
			vec_foreach (item, &field_objects(obj, i)->objs)
				number_devices(*item);
		if (type != FIELD_DEVICE)
			continue;
		for (const char *c = field_device(obj, i)->text; *c; c++)
			number = number * 31 + (unsigned char)*c;
		(void)field_set_device(obj, i, NULL, number | 1); /* copies nothing */
	}
}

static const char *compare_models(const struct model *a, const struct model *b)
{
	if (a->objs.count != b->objs.count || b->indexed != b->objs.count)
		return "another number of objects when read again";
	vec_foreach (obj, &a->objs) {
		struct obj *other = model_find(b, (*obj)->class, obj_name(*obj));

		if (!other)
			return "an object is lost when read again";
		number_devices(*obj);
		number_devices(other);
		if (other->set != (*obj)->set)
			return "other keys are set when read again";
		for (unsigned int i = 0; i < other->class->field_count; i++)
			if (field_is_set(other, i) && !field_equal(*obj, other, i))
				return "another value when read again";
	}
	return NULL;
}

static const char *check_again(const struct model *model,
			       const struct obj_class *const *classes, bool resolved)
{
	char *text = print_model(model, classes);
	struct model again = { 0 };
	const char *error = NULL;
	struct diag diag;
	int r;

	if (!text || diag_init(&diag, "again") < 0) {
		free(text);
		return NULL;
	}
	r = config_parse(text, strlen(text), classes, &diag, &again);
	if (r == 0) {
		if (resolved)
			model_resolve(&again, RAM_BYTES);
		error = compare_models(model, &again);
	} else if (r != -ENOMEM) {
		error = "what was printed does not parse";
		diag_print(&diag, stderr);
	}
	model_done(&again);
	diag_done(&diag);
	free(text);
	return error;
}

/* Return: 0 or -ENOMEM. */
static int set_texts(struct diag *diag, const char *text, size_t len)
{
	unsigned int file = 0;

	for (;;) {
		const char *end = len ? memchr(text, FILE_END, len) : NULL;
		size_t of_file = end ? (size_t)(end - text) : len;
		int r = config_set_text(diag, file, text, of_file);

		if (r != -ENOMEM && end)
			r = diag_add_file(diag, "fuzz.d", &file);
		if (r == -ENOMEM || !end)
			return r == -ENOMEM ? r : 0;
		text += of_file + 1;
		len -= of_file + 1;
	}
}

const char *config_property_check_classes(const char *text, size_t len,
					  const struct obj_class *const *classes)
{
	struct model model = { 0 };
	const char *error = NULL;
	struct diag diag;
	int r;

	if (diag_init(&diag, "fuzz") < 0)
		return NULL;
	r = set_texts(&diag, text, len);
	if (r == 0)
		r = config_parse_texts(classes, false, &diag, &model);
	if (r == -EINVAL) {
		if (diag_is_empty(&diag))
			error = "refused without an error";
		else if (model.objs.items || model.index)
			error = "a model was made of an invalid file";
		if (!error)
			error = check_places(&diag);
		if (!error)
			error = check_print(&diag);
	} else if (r == 0) {
		if (!diag_is_empty(&diag))
			error = "accepted with an error";
		/* First as it is written, shares of RAM and all, then as bytes. */
		if (!error)
			error = check_again(&model, classes, false);
		model_resolve(&model, RAM_BYTES);
		if (!error)
			error = check_again(&model, classes, true);
	} else if (r != -ENOMEM) {
		error = "an error code that config_parse_texts() does not have";
	}
	model_done(&model);
	diag_done(&diag);
	return error;
}

/* The real classes, and those of the unit tests, which have every type of field. */
const char *config_property_check(const char *text, size_t len)
{
	static const struct obj_class *classes[CLASSES_MAX];
	size_t count = 0;

	for (size_t i = 0; kind_classes[i] && count < CLASSES_MAX - 1; i++)
		classes[count++] = kind_classes[i];
	for (size_t i = 0; fake_classes[i] && count < CLASSES_MAX - 1; i++)
		classes[count++] = fake_classes[i];
	return config_property_check_classes(text, len, classes);
}
