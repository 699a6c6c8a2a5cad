/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "report/config_text.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/config.h"

#define HEAD "# yaml-language-server: $schema=" CONFIG_SCHEMA_PATH "\nversion: 1\n"

/* --- one object --- */

/* Print each object of a list on a line of its own. */
static void print_items(const struct obj *obj, unsigned int index, unsigned int without,
			struct buf *out)
{
	bool any = false;

	vec_foreach (item, &field_objects(obj, index)->objs)
		any |= !obj_is_off(*item);
	buf_addf(out, any ? "%s:\n" : "%s: []\n", obj->class->fields[index].name);
	vec_foreach (item, &field_objects(obj, index)->objs) {
		buf_addf(out, "      %s- ", obj_is_off(*item) ? "# off: " : "");
		obj_print(*item, without, out);
		buf_add(out, "\n");
	}
}

static void print_field(const struct obj *obj, unsigned int index, unsigned int without,
			struct buf *out)
{
	const struct field *field = &obj->class->fields[index];

	if (field->type == FIELD_OBJECTS) {
		print_items(obj, index, without, out);
		return;
	}
	buf_addf(out, "%s: ", field->name);
	field_print(obj, index, out);
	buf_add(out, "\n");
}

/* @without: flags of the fields that are left out. */
static void print_object(const struct obj *obj, unsigned int without, struct buf *out)
{
	const struct obj_class *class = obj->class;

	for (unsigned int i = 0; i < class->field_count; i++) {
		unsigned int flags = class->fields[i].flags;

		/* A value that no run accepts: without the key all would be let in. */
		if (flags & FIELD_SECRET && field_is_set(obj, i))
			buf_addf(out,
				 "    # it has a %s, which is not shown: name its file "
				 "here\n"
				 "    %s_file: \"\"\n",
				 class->fields[i].name, class->fields[i].name);
		if (flags & without || !field_is_set(obj, i) || field_is_default(obj, i))
			continue;
		buf_add(out, class->single ? "  " : flags & FIELD_KEY ? "  - " : "    ");
		print_field(obj, i, without, out);
	}
}

void config_text_print(FILE *out, struct obj *const *objs, size_t count,
		       const struct obj_class *const *classes)
{
	fputs(HEAD, out);
	for (; *classes; classes++) {
		_cleanup_(buf_done) struct buf section = { 0 };

		for (size_t i = 0; (*classes)->section && i < count; i++)
			if (objs[i]->class == *classes)
				print_object(objs[i], FIELD_LIVE | FIELD_DERIVED,
					     &section);
		if (section.data)
			fprintf(out, "%s:\n%s", (*classes)->section, section.data);
	}
}

/* --- live objects --- */

struct entry {
	const struct obj *obj;
	char *text;	   /* its lines */
	char *reason;	   /* why the lines are a comment; NULL: they are not */
	unsigned int line; /* of the text that was parsed; 0: it was not */
};

struct live {
	const struct model *observed;
	const struct obj_class *const *classes;
	VEC(struct entry) entries; /* in the order of the file */
};

static void live_done(struct live *live)
{
	vec_foreach (entry, &live->entries) {
		free(entry->text);
		free(entry->reason);
	}
	vec_done(&live->entries);
}

static bool is_utf8(const struct obj *obj, unsigned int index)
{
	switch (obj->class->fields[index].type) {
	case FIELD_STRING:
		return utf8_is_valid(field_string(obj, index));
	case FIELD_DEVICE:
		return utf8_is_valid(field_device(obj, index)->text);
	case FIELD_STRINGS:
		vec_foreach (item, &field_strings(obj, index)->items) {
			if (!utf8_is_valid(item->text))
				return false;
		}
		return true;
	default:
		return true;
	}
}

/* Append which values a YAML text would turn into others. @without: as of print_object(). */
static int note_bytes(const struct obj *obj, unsigned int without, char **note)
{
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < obj->class->field_count; i++) {
		const struct field *field = &obj->class->fields[i];

		if (field->flags & without || !field_is_set(obj, i))
			continue;
		if (!is_utf8(obj, i))
			r = obj_note(note, "the value of '%s' is not UTF-8", field->name);
		if (field->type != FIELD_OBJECTS)
			continue;
		vec_foreach (item, &field_objects(obj, i)->objs) {
			if (r == 0)
				r = note_bytes(*item, without, note);
		}
	}
	return r;
}

/* Append why no entry can match the object of a list. */
static int note_item(const struct obj *item, char **note)
{
	int r = 0;

	if (obj_is_off(item))
		r = obj_note(note, "%s '%s' is off", item->class->name, obj_name(item));
	if (r == 0 && item->unsaid)
		r = obj_note(note, "%s '%s': %s", item->class->name, obj_name(item),
			     item->unsaid);
	return r;
}

/* Describe why no entry can match @obj. *ret is NULL if one can. */
static int find_unsaid(const struct obj *obj, char **ret)
{
	int r = obj->unsaid ? obj_note(ret, "%s", obj->unsaid) : 0;

	for (unsigned int i = 0; i < obj->class->field_count; i++) {
		if (obj->class->fields[i].type != FIELD_OBJECTS || !field_is_set(obj, i))
			continue;
		vec_foreach (item, &field_objects(obj, i)->objs)
			if (r == 0)
				r = note_item(*item, ret);
	}
	return r;
}

static int add_entry(struct live *live, const struct obj *obj)
{
	const unsigned int without = FIELD_POLICY | FIELD_LIVE | FIELD_DERIVED;
	_cleanup_(buf_done) struct buf text = { 0 };
	struct entry entry = { .obj = obj };
	int r;

	print_object(obj, without, &text);
	r = buf_take(&text, &entry.text);
	if (r == 0)
		r = note_bytes(obj, without | FIELD_SECRET, &entry.reason);
	if (r == 0 && obj->owner != OWNER_OURS)
		r = find_unsaid(obj, &entry.reason);
	if (r == 0)
		r = vec_push(&live->entries, entry);
	if (r < 0) {
		free(entry.text);
		free(entry.reason);
	}
	return r;
}

static int add_entries(struct live *live)
{
	for (const struct obj_class *const *class = live->classes; *class; class ++) {
		size_t count;
		struct obj *const *objs = model_list(live->observed, *class, &count);

		for (size_t i = 0; (*class)->section && i < count; i++) {
			int r = add_entry(live, objs[i]);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

static unsigned int count_lines(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

/* Write a valid name of a file for the empty one of each secret. */
static void add_with_files(struct buf *out, const char *text)
{
	static const char empty[] = "_file: \"\"\n";
	const char *next;

	for (; (next = strstr(text, empty)); text = next + strlen(empty)) {
		buf_add_bytes(out, text, (size_t)(next - text));
		buf_add(out, "_file: /-\n");
	}
	buf_add(out, text);
}

/* Write the entries that are no comments, and note the line of each. */
static void write_entries(struct live *live, struct buf *out)
{
	const struct obj_class *class = NULL;
	unsigned int line = count_lines(HEAD) + 1;

	buf_add(out, HEAD);
	vec_foreach (entry, &live->entries) {
		entry->line = 0;
		if (entry->reason)
			continue;
		if (entry->obj->class != class) {
			class = entry->obj->class;
			buf_addf(out, "%s:\n", class->section);
			line++;
		}
		entry->line = line;
		line += count_lines(entry->text);
		add_with_files(out, entry->text);
	}
}

/* Return: the last entry that begins at or before @line, or NULL. */
static struct entry *find_entry(struct live *live, unsigned int line)
{
	struct entry *found = NULL;

	vec_foreach (entry, &live->entries) {
		if (entry->line == 0)
			continue;
		if (entry->line > line)
			break;
		found = entry;
	}
	return found;
}

/* Copy a message without the number of a line, which is that of another text. */
static char *copy_reason(const char *message)
{
	static const char mark[] = " at line ";
	const char *place = strstr(message, mark);
	char *text;

	if (!place)
		return strdup(message);
	if (str_format(&text, "%.*s%s", (int)(place - message), message,
		       place + strlen(mark) +
			       strspn(place + strlen(mark), "0123456789")) < 0)
		return NULL;
	return text;
}

/* Make comments of the entries with errors. *ret_any: there was one. */
static int refuse_entries(struct live *live, const struct diag *diag, bool *ret_any)
{
	*ret_any = false;
	vec_foreach (error, &diag->entries) {
		struct entry *entry = find_entry(live, error->pos.line);

		if (!entry || entry->reason)
			continue;
		entry->reason = copy_reason(error->message);
		if (!entry->reason)
			return -ENOMEM;
		*ret_any = true;
	}
	return 0;
}

/* Parse the text once. *ret_again: entries were refused, which may concern others. */
static int check_once(struct live *live, bool *ret_again)
{
	_cleanup_(model_done) struct model model = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(buf_done) struct buf text = { 0 };
	int r;

	*ret_again = false;
	write_entries(live, &text);
	r = text.failed ? -ENOMEM : diag_init(&diag, "import");
	if (r == 0)
		r = config_parse(text.data, text.len, live->classes, &diag, &model);
	return r == -EINVAL ? refuse_entries(live, &diag, ret_again) : r;
}

/* --- the comments --- */

/* Print a comment in one line, whatever the kernel's names contain. */
static void print_comment(FILE *out, const char *before, const char *text, size_t len)
{
	fprintf(out, "  # %s", before);
	for (size_t at = 0; at < len;) {
		uint32_t character = 0;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		if (bytes == 0 || !utf8_is_text(character))
			fputc('?', out);
		else
			fwrite(text + at, 1, bytes, out);
		at += bytes ? bytes : 1;
	}
	fputc('\n', out);
}

static void print_remark(FILE *out, const char *before, const char *text)
{
	print_comment(out, before, text, strlen(text));
}

static void print_commented(FILE *out, const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1)
		print_comment(out, "", text + 2, (size_t)(end - text) - 2);
}

static int print_entry(FILE *out, const struct entry *entry)
{
	_cleanup_free_ char *unsaid = NULL;
	int r = entry->reason ? 0 : find_unsaid(entry->obj, &unsaid);

	if (r < 0)
		return r;
	if (entry->reason)
		print_remark(out, "left out: ", entry->reason);
	else if (unsaid)
		print_remark(out, "this file cannot say: ", unsaid);
	if (entry->obj->extra)
		print_remark(out, "this file has no key for: ", entry->obj->extra);
	if (entry->reason)
		print_commented(out, entry->text);
	else
		fputs(entry->text, out);
	return 0;
}

static int print_section(FILE *out, const struct live *live,
			 const struct obj_class *class)
{
	bool any = false;
	int r = 0;

	vec_foreach (entry, &live->entries) {
		if (r < 0 || entry->obj->class != class)
			continue;
		if (!any)
			fprintf(out, "%s:\n", class->section);
		any = true;
		r = print_entry(out, entry);
	}
	vec_foreach (remark, &live->observed->remarks) {
		if (remark->class != class)
			continue;
		if (!any)
			fprintf(out, "%s:\n", class->section);
		any = true;
		print_remark(out, "left out: ", remark->text);
	}
	return r;
}

static int count_left_out(const struct live *live)
{
	size_t count = live->observed->remarks.count;

	vec_foreach (entry, &live->entries)
		count += entry->reason != NULL;
	return (int)count;
}

int config_text_print_live(FILE *out, const struct model *observed,
			   const struct obj_class *const *classes)
{
	_cleanup_(live_done) struct live live = {
		.observed = observed,
		.classes = classes,
	};
	bool again = true;
	int r = add_entries(&live);

	while (r == 0 && again)
		r = check_once(&live, &again);
	if (r < 0)
		return r;
	fputs(HEAD, out);
	for (; r == 0 && *classes; classes++)
		if ((*classes)->section)
			r = print_section(out, &live, *classes);
	return r < 0 ? r : count_left_out(&live);
}
