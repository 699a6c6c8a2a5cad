/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden/tree_parse.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/utf8.h"

#include <stdint.h>

/* Errors that are reported of one file. */
#define ERRORS_MAX 20

#define BLANKS " \t"

struct parser {
	const char *next, *end; /* the rest of the text, from the next line on */
	const char *line, *at;	/* the current line, and the place in it */
	const char *line_end;
	unsigned int number; /* of the current line */
	struct diag *diag;
	struct tree_file *ret;
};

static void words_done(struct tree_words *words)
{
	vec_foreach (word, &words->words)
		free(*word);
	vec_done(&words->words);
}

void tree_file_done(struct tree_file *file)
{
	tree_done(&file->tree);
	words_done(&file->includes);
	words_done(&file->without);
}

/* --- the place in the text --- */

static bool next_line(struct parser *p)
{
	const char *newline;

	if (p->next == p->end)
		return false;
	newline = memchr(p->next, '\n', (size_t)(p->end - p->next));
	p->line = p->at = p->next;
	p->line_end = newline ? newline : p->end;
	p->next = newline ? newline + 1 : p->end;
	p->number++;
	return true;
}

static struct src_pos place(const struct parser *p)
{
	return (struct src_pos){
		.line = p->number,
		.column =
			(unsigned int)utf8_count(p->line, (size_t)(p->at - p->line)) + 1,
	};
}

#define complain(p, ...) diag_add((p)->diag, place(p), __VA_ARGS__)

static size_t rest(const struct parser *p)
{
	return (size_t)(p->line_end - p->at);
}

static bool starts_with(const struct parser *p, const char *text)
{
	return rest(p) >= strlen(text) && memcmp(p->at, text, strlen(text)) == 0;
}

static bool skip(struct parser *p, const char *text)
{
	if (!starts_with(p, text))
		return false;
	p->at += strlen(text);
	return true;
}

static int expect_end(const struct parser *p)
{
	return rest(p) == 0 ? 0 : complain(p, "unexpected text at the end of the line");
}

/* Invisible characters would make two lines look alike. */
static int check_characters(struct parser *p)
{
	for (p->at = p->line; p->at < p->line_end;) {
		uint32_t character;
		size_t bytes = utf8_decode(p->at, rest(p), &character);

		if (bytes == 0 || (character != '\t' && !utf8_is_text(character)))
			return complain(p,
					"byte 0x%02x is not text: write it as an "
					"escape between quotation marks",
					(unsigned char)*p->at);
		p->at += bytes;
	}
	p->at = p->line;
	return 0;
}

/* --- words --- */

static int take_hex(struct parser *p, struct buf *out)
{
	unsigned int byte;
	char digits[3] = { 0 }, value;

	if (rest(p) < 2)
		return complain(p, "\\x needs two hexadecimal digits");
	memcpy(digits, p->at, 2);
	if (strspn(digits, "0123456789abcdefABCDEF") != 2)
		return complain(p, "\\x needs two hexadecimal digits, not '%s'", digits);
	byte = (unsigned int)strtoul(digits, NULL, 16);
	value = (char)byte;
	buf_add_bytes(out, &value, 1);
	p->at += 2;
	return 0;
}

static int take_escape(struct parser *p, struct buf *out)
{
	static const char names[] = "\"\\nt", values[] = "\"\\\n\t";
	const char *name = rest(p) ? memchr(names, *p->at, strlen(names)) : NULL;

	if (skip(p, "x"))
		return take_hex(p, out);
	if (!name)
		return complain(p, "a backslash begins \\\", \\\\, \\n, \\t or \\xHH");
	buf_add_bytes(out, &values[name - names], 1);
	p->at++;
	return 0;
}

/* The place is at the opening quotation mark. */
static int take_quoted(struct parser *p, struct buf *out)
{
	p->at++;
	while (p->at < p->line_end && *p->at != '"') {
		int r = 0;

		if (skip(p, "\\"))
			r = take_escape(p, out);
		else
			buf_add_bytes(out, p->at++, 1);
		if (r < 0)
			return r;
	}
	return skip(p, "\"") ? 0 : complain(p, "no closing quotation mark");
}

/* Up to a blank, or quoted. A byte of value 0 fits no path. */
static int take_word(struct parser *p, const char *what, char **ret)
{
	_cleanup_(buf_done) struct buf word = { 0 };
	struct src_pos start = place(p);
	int r = 0;

	if (starts_with(p, "\"")) {
		r = take_quoted(p, &word);
	} else {
		while (p->at < p->line_end && !strchr(BLANKS, *p->at))
			buf_add_bytes(&word, p->at++, 1);
	}
	if (r == 0 && (word.len == 0 || memchr(word.data, '\0', word.len)))
		r = diag_add(p->diag, start, "a %s is missing or has a byte of value 0",
			     what);
	return r < 0 ? r : buf_take(&word, ret);
}

/* The rest of the line, literally or quoted; @newline: what a literal line ends with. */
static int take_value(struct parser *p, const char *newline, struct buf *out)
{
	int r;

	if (starts_with(p, "\"")) {
		r = take_quoted(p, out);
		return r < 0 ? r : expect_end(p);
	}
	if (rest(p) == 0 || strchr(BLANKS, p->line_end[-1])) {
		p->at = p->line_end;
		return complain(p, "a blank at the end of a line is easily lost: put the "
				   "text between quotation marks");
	}
	buf_add_bytes(out, p->at, rest(p));
	buf_add(out, newline);
	p->at = p->line_end;
	return 0;
}

/* --- entries --- */

/*
 * Add an entry that begins at line @number. @data may be empty. A second entry of a path is
 * an error.
 */
static int put_at(struct parser *p, unsigned int number, struct tree_entry *entry,
		  const struct buf *data)
{
	struct src_pos start = { .line = number, .column = 1 };
	int r;

	if (data->failed)
		return -ENOMEM;
	entry->data = data->data;
	entry->len = data->len;
	if (tree_find(&p->ret->tree, entry->path))
		return diag_add(p->diag, start, "'%s' is here a second time",
				entry->path);
	r = tree_put(&p->ret->tree, entry);
	if (r == -EINVAL)
		return diag_add(p->diag, start,
				"'%s' is not a path below the root: it is absolute, or "
				"a component is empty, '.', '..' or too long",
				entry->path);
	return r;
}

static int put(struct parser *p, struct tree_entry *entry, const struct buf *data)
{
	return put_at(p, p->number, entry, data);
}

/* ` [0600]`, where there is one. */
static int take_mode(struct parser *p, mode_t *mode)
{
	char digits[5] = { 0 };

	if (!skip(p, " ["))
		return 0;
	if (rest(p) < 5 || p->at[4] != ']')
		return complain(p, "a mode is four octal digits, as in [0600]");
	memcpy(digits, p->at, 4);
	if (digits[0] != '0' || strspn(digits, "01234567") != 4)
		return complain(p, "a mode is 0000 to 0777, not '%s'", digits);
	*mode = (mode_t)strtoul(digits, NULL, 8);
	p->at += 5;
	return 0;
}

static int take_block(struct parser *p, struct tree_entry *entry)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	unsigned int first = p->number;
	int r = expect_end(p);

	/* Behind an error, the lines of the block are skipped. */
	while (p->next < p->end && *p->next == '\t') {
		next_line(p);
		if (r == 0)
			r = check_characters(p);
		if (r == 0) {
			p->at++;
			r = take_value(p, "\n", &data);
		}
	}
	if (r == 0 && p->number == first)
		r = complain(p, "no line with a tab in front follows");
	return r < 0 ? r : put_at(p, first, entry, &data);
}

static int take_inode(struct parser *p, struct tree_entry *entry)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	_cleanup_free_ char *target = NULL;
	int r = take_word(p, "path", &target);

	entry->type = TREE_INODE;
	if (r == 0)
		r = expect_end(p);
	if (r < 0)
		return r;
	buf_add(&data, target);
	return put(p, entry, &data);
}

static int take_link(struct parser *p, struct tree_entry *entry)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	int r = take_value(p, "", &data);

	entry->type = TREE_LINK;
	if (r == 0 && (data.len == 0 || memchr(data.data, '\0', data.len)))
		r = complain(p, "a target is missing or has a byte of value 0");
	return r < 0 ? r : put(p, entry, &data);
}

static int take_file(struct parser *p, struct tree_entry *entry)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	int r = 0;

	if (skip(p, " = "))
		r = take_value(p, "\n", &data);
	else if (skip(p, " ="))
		buf_add(&data, "\n");
	if (r == 0)
		r = expect_end(p);
	return r < 0 ? r : put(p, entry, &data);
}

/* A slash or a colon at the end of a path says what kind of entry it is. */
static char take_suffix(struct parser *p, const char *start, char *path)
{
	size_t len = strlen(path);
	char last = path[len - 1];

	if (*start == '"') {
		last = rest(p) ? *p->at : '\0';
		return skip(p, "/") || skip(p, ":") ? last : '\0';
	}
	if (last != '/' && last != ':')
		return '\0';
	path[len - 1] = '\0';
	return last;
}

static int take_entry(struct parser *p)
{
	struct tree_entry entry = { .type = TREE_FILE, .mode = TREE_MODE_FILE };
	_cleanup_free_ char *path = NULL;
	const char *start = p->at;
	char suffix;
	int r = take_word(p, "path", &path);

	if (r < 0)
		return r;
	entry.path = path;
	suffix = take_suffix(p, start, path);
	if (suffix == '/') {
		entry.type = TREE_DIR;
		entry.mode = TREE_MODE_DIR;
	}
	r = take_mode(p, &entry.mode);
	if (r < 0)
		return r;
	if (suffix == '/')
		return expect_end(p) < 0 ? -EINVAL : put(p, &entry, &(struct buf){ 0 });
	if (suffix != ':' && !skip(p, ":"))
		return skip(p, " -> ") ? take_link(p, &entry) : take_file(p, &entry);
	return skip(p, " inode of ") ? take_inode(p, &entry) : take_block(p, &entry);
}

static int take_last_word(struct parser *p, const char *what, struct tree_words *words)
{
	_cleanup_free_ char *word = NULL;
	int r = take_word(p, what, &word);

	if (r == 0)
		r = expect_end(p);
	if (r == 0)
		r = vec_push(&words->words, word);
	if (r == 0)
		word = NULL;
	return r;
}

static int take_line(struct parser *p)
{
	int r = check_characters(p);

	if (r < 0 || rest(p) == 0 || *p->at == '#')
		return r;
	if (strchr(BLANKS, *p->at))
		return complain(p, "a blank at the start of a line, and no line above "
				   "ends with a colon");
	if (skip(p, "include "))
		return take_last_word(p, "name of a file", &p->ret->includes);
	if (skip(p, "without "))
		return take_last_word(p, "path", &p->ret->without);
	return take_entry(p);
}

int tree_parse(const char *text, size_t len, struct diag *diag, struct tree_file *ret)
{
	struct tree_file file = { 0 };
	struct parser p = {
		.next = text,
		.end = len ? text + len : text,
		.diag = diag,
		.ret = &file,
	};
	int r = 0;

	while ((r == 0 || r == -EINVAL) && diag->entries.count < ERRORS_MAX &&
	       next_line(&p))
		r = take_line(&p);
	if (r == 0 || r == -EINVAL)
		r = diag_is_empty(diag) ? 0 : -EINVAL;
	if (r < 0)
		tree_file_done(&file);
	else
		*ret = file;
	return r;
}

/* --- base files --- */

/* In the order of a tree, an entry below a file or a link comes directly after it. */
static void check_parents(const struct tree *tree, struct diag *diag)
{
	for (size_t i = 1; i < tree->entries.count; i++) {
		const struct tree_entry *above = &tree->entries.items[i - 1];
		const char *path = above[1].path;

		if (above->type != TREE_DIR && tree_is_below(path, above->path))
			diag_add(diag, (struct src_pos){ 0 },
				 "'%s' cannot be below '%s', which is not a directory",
				 path, above->path);
	}
}

/* True if @path is an entry, or a directory that another entry implies. */
static bool exists(const struct tree *tree, const char *path)
{
	if (tree_find(tree, path))
		return true;
	vec_foreach (entry, &tree->entries)
		if (tree_is_below(entry->path, path))
			return true;
	return false;
}

static void check_inodes(const struct tree *tree, struct diag *diag)
{
	vec_foreach (entry, &tree->entries)
		if (entry->type == TREE_INODE && !exists(tree, entry->data))
			diag_add(diag, (struct src_pos){ 0 },
				 "'%s': inode of '%s', which is no entry", entry->path,
				 entry->data);
}

int tree_resolve(const struct tree_file *file, struct diag *diag, struct tree *base)
{
	vec_foreach (path, &file->without.words)
		if (tree_remove(base, *path) == 0)
			diag_add(diag, (struct src_pos){ 0 },
				 "without '%s': no base file has it", *path);
	vec_foreach (entry, &file->tree.entries) {
		int r = tree_put(base, entry);

		if (r < 0)
			return r;
	}
	check_parents(base, diag);
	check_inodes(base, diag);
	return diag_is_empty(diag) ? 0 : -EINVAL;
}
