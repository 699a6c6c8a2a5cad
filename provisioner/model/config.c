/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/config.h"

#include "base/cleanup.h"
#include "base/similar.h"
#include "base/utf8.h"
#include "model/scalar.h"
#include "model/yaml.h"

#include <assert.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <stdint.h>
#include <sys/stat.h>

/* 10,000 objects take a third of it. */
#define NODES_MAX 500000

_Static_assert(CONFIG_SHA256_LEN == SHA256_DIGEST_STRING_LENGTH, "hexadecimal and NUL");

struct reader {
	const struct obj_class *const *classes;
	struct diag *diag;
	struct model model;
	VEC(bool) clean; /* of each object of the model: it has no error of its own */
};

/* An object while its mapping is read. */
struct item {
	struct obj *obj;
	uint64_t seen; /* bit i: the key of fields[i] is there, with whatever value */
	char *label;   /* "ramdisk 'rd0'" for the messages */
};

static const char *node_word(const struct node *node)
{
	static const char *const words[] = {
		[NODE_SCALAR] = "a single value",
		[NODE_SEQUENCE] = "a list",
		[NODE_MAPPING] = "a mapping",
	};

	return words[node->type];
}

static bool is_null(const struct node *node)
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
		[FIELD_ENUM] = "a word",
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
	_cleanup_free_ char *error = NULL;
	size_t offset = 0;
	const char *style;
	int r;

	if (node->type != NODE_SCALAR)
		return diag_add(reader->diag, node->pos, "%s: %s: expected %s, not %s",
				item->label, field->name, expected_word(field->type),
				node_word(node));
	if (is_null(node))
		return diag_add(reader->diag, node->pos, "%s: %s has no value",
				item->label, field->name);
	r = field_parse(item->obj, index, node->text, &error, &offset);
	if (r == -EINVAL)
		return diag_add(reader->diag, node_pos(node, offset),
				"%s: %s '%.*s%s': %s", item->label, field->name,
				UTF8_SHORT(node->text), error);
	if (r < 0)
		return r;
	style = wrong_style(field->type, node);
	if (style)
		return diag_add(reader->diag, node->pos, "%s: %s '%.*s%s': %s",
				item->label, field->name, UTF8_SHORT(node->text), style);
	item->obj->field_pos[index] = node->pos;
	return 0;
}

/* --- one object --- */

static bool is_key(const struct field *field)
{
	return !(field->flags & FIELD_LIVE);
}

/* Return: the field's index; field_count if there is none. */
static unsigned int find_field(const struct obj_class *class, const char *key)
{
	unsigned int index;

	for (index = 0; index < class->field_count; index++)
		if (is_key(&class->fields[index]) &&
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

		if (!is_key(&class->fields[i]))
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

/* Keeps the object also where it has errors: others may refer to it. */
static int read_object(struct reader *reader, const struct obj_class *class,
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

/* --- the file --- */

static int read_section(struct reader *reader, const struct obj_class *class,
			const struct node *node)
{
	/* What is left when all entries of a section are made comments. */
	if (node->wrong || is_null(node))
		return 0;
	if (node->type != NODE_SEQUENCE) {
		diag_add(
			reader->diag, node->pos,
			"%s: expected a list, each entry of it with a '- ' before it, not %s",
			class->section, node_word(node));
		return 0;
	}
	reader->model.stated = true;
	for (const struct node *item = node->child; item; item = item->next) {
		int r = 0;

		if (item->type == NODE_MAPPING)
			r = read_object(reader, class, item);
		else if (is_null(item))
			diag_add(reader->diag, item->pos, "%s: an empty entry",
				 class->section);
		else if (!item->wrong)
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
	if (similar_is_typo(key->text, least))
		diag_add(reader->diag, key->pos,
			 "unknown key '%.*s%s'; did you mean '%s'?",
			 UTF8_SHORT(key->text), best);
	else
		diag_add(reader->diag, key->pos, "unknown key '%.*s%s'",
			 UTF8_SHORT(key->text));
}

/* Return: false: a version of which nothing is known, not even what its keys mean. */
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
			"the key 'version' is missing: begin the file with 'version: %s'",
			known);
		return true;
	}
	if (value->wrong)
		return true;
	if (value->type != NODE_SCALAR || is_null(value)) {
		diag_add(reader->diag, value->pos,
			 "version: expected a number: write 'version: %s'", known);
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
		 "unknown version '%.*s%s': this program knows version %s",
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
	if (!check_version(reader, root))
		return 0;
	for (const struct node *key = root->child; key; key = key->next->next) {
		const struct obj_class *class;
		int r;

		if (key->wrong || streq(key->text, "version"))
			continue;
		class = find_section(reader, key->text);
		if (!class) {
			report_unknown_section(reader, key);
			continue;
		}
		r = read_section(reader, class, key->next);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_duplicates(const void *a, const void *b)
{
	const struct obj *x = *(const struct obj *const *)a;
	const struct obj *y = *(const struct obj *const *)b;
	struct src_pos x_pos = obj_field_pos(x, 0), y_pos = obj_field_pos(y, 0);
	int r = obj_compare(x, y);

	if (r != 0)
		return r;
	if (x_pos.line != y_pos.line)
		return x_pos.line < y_pos.line ? -1 : 1;
	return x_pos.column < y_pos.column ? -1 : x_pos.column > y_pos.column;
}

static int check_duplicates(struct reader *reader)
{
	_cleanup_free_ struct obj **sorted = NULL;
	size_t count = reader->model.objs.count, first = 0;

	if (count == 0)
		return 0;
	sorted = calloc(count, sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, reader->model.objs.items, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_duplicates);
	for (size_t i = 1; i < count; i++) {
		if (obj_compare(sorted[i], sorted[first]) != 0) {
			first = i;
			continue;
		}
		diag_add(reader->diag, obj_field_pos(sorted[i], 0),
			 "%s '%s' is there twice: first at line %u",
			 sorted[i]->class->name, obj_name(sorted[i]),
			 obj_field_pos(sorted[first], 0).line);
	}
	return 0;
}

static int check_whole(struct reader *reader)
{
	int r = model_sort(&reader->model);

	if (r < 0)
		return r;
	r = check_duplicates(reader);
	if (r < 0)
		return r;
	for (size_t i = 0; i < reader->model.objs.count; i++) {
		const struct obj *obj = reader->model.objs.items[i];

		if (reader->clean.items[i] && obj->class->validate)
			obj->class->validate(obj, &reader->model, reader->diag);
	}
	return 0;
}

static int read_doc(struct reader *reader, const struct yaml_doc *doc)
{
	int r;

	if (!doc->root || is_null(doc->root)) {
		diag_add(reader->diag, (struct src_pos){ 0 },
			 "there is nothing in the file: it begins with 'version: %d'",
			 CONFIG_VERSION);
		return 0;
	}
	r = read_root(reader, doc->root);
	return r < 0 ? r : check_whole(reader);
}

/* Takes a UTF-8 byte-order mark away, and refuses the other ones by name. */
static int check_mark(const char **text, size_t *len, struct diag *diag)
{
	if (*len >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
		*text += 3;
		*len -= 3;
	} else if (*len >= 2 && (memcmp(*text, "\xff\xfe", 2) == 0 ||
				 memcmp(*text, "\xfe\xff", 2) == 0)) {
		return diag_add(diag, (struct src_pos){ 0 },
				"is UTF-16 or UTF-32 text: save it as UTF-8");
	}
	return 0;
}

int config_parse(const char *text, size_t len, const struct obj_class *const *classes,
		 struct diag *diag, struct model *ret)
{
	struct reader reader = { .classes = classes, .diag = diag };
	struct yaml_doc doc = { 0 };
	int r;

	if (len > CONFIG_SIZE_MAX)
		return diag_add(diag, (struct src_pos){ 0 }, "is larger than %u MiB",
				CONFIG_SIZE_MAX >> 20);
	r = check_mark(&text, &len, diag);
	if (r < 0)
		return r;
	r = diag_set_text(diag, text, len);
	if (r < 0)
		return r;
	r = yaml_doc_parse(diag, CONFIG_DEPTH_MAX, NODES_MAX, &doc);
	if (r < 0)
		return r;
	r = read_doc(&reader, &doc);
	yaml_doc_done(&doc);
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

/* Return: the size in bytes, or -EINVAL and what is wrong in @diag. */
static ssize_t check_file(int fd, struct diag *diag)
{
	const struct src_pos none = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_add(diag, none, "cannot look at it: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_add(diag, none, "is not a regular file but a %s",
				S_ISDIR(st.st_mode)    ? "directory"
				: S_ISFIFO(st.st_mode) ? "FIFO"
						       : "device or socket");
	if (geteuid() == 0 && st.st_mode & S_IWOTH)
		return diag_add(diag, none,
				"everybody can write to it, and root does what it says: "
				"run 'chmod o-w' on it first");
	if (st.st_size > CONFIG_SIZE_MAX)
		return diag_add(diag, none, "is larger than %u MiB",
				CONFIG_SIZE_MAX >> 20);
	return (ssize_t)st.st_size;
}

/* The file may grow or shrink meanwhile, and those of procfs have no size: read to its
 * end. */
static int read_all(int fd, size_t expected, struct diag *diag, char **ret,
		    size_t *ret_len)
{
	size_t room = expected + 4096, len = 0;
	_cleanup_free_ char *text = malloc(room);

	while (text) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_add(diag, (struct src_pos){ 0 }, "cannot read it: %s",
					strerror(errno));
		len += (size_t)n;
		/* One byte too many is enough for config_parse() to refuse it. */
		if (n == 0 || len > CONFIG_SIZE_MAX) {
			*ret_len = len;
			*ret = TAKE_PTR(text);
			return 0;
		}
		if (len == room) {
			char *grown = realloc(text, room * 2);

			if (!grown)
				return -ENOMEM;
			text = grown;
			room *= 2;
		}
	}
	return -ENOMEM;
}

int config_load(const char *path, const struct obj_class *const *classes,
		struct diag *diag, struct model *ret,
		char ret_sha256[static CONFIG_SHA256_LEN])
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	ssize_t size;
	int r;

	if (fd < 0)
		return diag_add(diag, (struct src_pos){ 0 }, "cannot open it: %s",
				strerror(errno));
	size = check_file(fd, diag);
	if (size < 0)
		return (int)size;
	r = read_all(fd, (size_t)size, diag, &text, &len);
	if (r < 0)
		return r;
	r = config_parse(text, len, classes, diag, ret);
	if (r < 0)
		return r;
	SHA256Data((const uint8_t *)text, len, ret_sha256);
	return 0;
}
