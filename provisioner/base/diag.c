/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collect the errors of the files, and print each with its line and a mark at the place. */
#include "base/diag.h"

#include "base/cleanup.h"
#include "base/mask.h"
#include "base/str.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>

/*
 * A longer line is cut to this many characters before and after the place.
 */
#define SHOWN_BEFORE 60
#define SHOWN_AFTER  60

/* A cursor in the text. Moving it costs O(distance). */
struct text_walk {
	const char *text;
	size_t text_len;
	size_t at, line_start; /* byte offsets */
	struct src_pos pos;    /* of the character at @at */
};

int diag_init(struct diag *diag, const char *file)
{
	unsigned int first;
	int r;

	*diag = (struct diag){ 0 };
	r = diag_add_file(diag, file, &first);
	if (r < 0)
		diag_done(diag);
	return r;
}

void diag_done(struct diag *diag)
{
	vec_foreach (entry, &diag->entries)
		free(entry->message);
	vec_done(&diag->entries);
	vec_foreach (file, &diag->files) {
		free(file->name);
		free(file->text);
	}
	vec_done(&diag->files);
	*diag = (struct diag){ 0 };
}

int diag_add_file(struct diag *diag, const char *name, unsigned int *ret)
{
	struct diag_file file = { .name = strdup(name) };
	int r = file.name ? vec_push(&diag->files, file) : -ENOMEM;

	if (r < 0) {
		free(file.name);
		return r;
	}
	*ret = (unsigned int)diag->files.count - 1;
	return 0;
}

int diag_set_text(struct diag *diag, unsigned int file, const char *text, size_t len)
{
	struct diag_file *of = &diag->files.items[file];
	char *copy = malloc(len + 1);

	if (!copy)
		return -ENOMEM;
	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	free(of->text);
	of->text = copy;
	of->text_len = len;
	return 0;
}

bool diag_is_full(const struct diag *diag)
{
	return diag->entries.count >= DIAG_KEPT_MAX;
}

static _printf_(3, 0) int add(struct diag *diag, struct diag_entry entry, const char *fmt,
			      va_list args)
{
	/* The entry of a concealed error keeps the other errors from quoting its line. */
	if (diag_is_full(diag) && !entry.is_concealed) {
		diag->left_out++;
		return -EINVAL;
	}
	if (str_vformat(&entry.message, fmt, args) < 0) {
		diag->failed = true;
		return -EINVAL;
	}
	mask_secrets(entry.message);
	if (vec_push(&diag->entries, entry) < 0) {
		free(entry.message);
		diag->failed = true;
	}
	return -EINVAL;
}

int diag_add(struct diag *diag, struct src_pos pos, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = add(diag, (struct diag_entry){ .pos = pos }, fmt, args);
	va_end(args);
	return r;
}

int diag_add_concealed(struct diag *diag, struct src_pos pos, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = add(diag, (struct diag_entry){ .pos = pos, .is_concealed = true }, fmt, args);
	va_end(args);
	return r;
}

bool diag_is_empty(const struct diag *diag)
{
	return diag->entries.count == 0 && !diag->failed;
}

static int compare_place(const void *a, const void *b)
{
	const struct diag_entry *x = *(const struct diag_entry *const *)a;
	const struct diag_entry *y = *(const struct diag_entry *const *)b;
	int r = src_pos_compare(x->pos, y->pos);

	if (r != 0)
		return r;
	/* At one place, the entry that was added first comes first. */
	return x < y ? -1 : x > y;
}

/* Print a tab as a space, and a character that cannot be printed as '?'. */
static unsigned int put_char(FILE *out, const char *text, size_t bytes,
			     uint32_t character)
{
	if (bytes == 0 || (character != '\t' && !utf8_is_text(character))) {
		fputc('?', out);
		return 1;
	}
	if (character == '\t') {
		fputc(' ', out);
		return 1;
	}
	fwrite(text, 1, bytes, out);
	return utf8_columns(character);
}

static void put_text(FILE *out, const char *text)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		uint32_t character = 0;
		size_t bytes = utf8_decode(text + at, len - at, &character);

		put_char(out, text + at, bytes, character);
		at += bytes ? bytes : 1;
	}
}

/* Return: the length of the line break of YAML 1.1 at @at, as libyaml counts; 0: no break. */
static size_t break_len(const struct text_walk *walk, size_t at)
{
	const char *text = walk->text + at;
	size_t left = walk->text_len - at;
	uint32_t character;
	size_t bytes = utf8_decode(text, left, &character);

	if (bytes == 0)
		return 0;
	if (character == '\r' && left > 1 && text[1] == '\n')
		return 2;
	if (character == '\n' || character == '\r' || character == 0x85 ||
	    character == 0x2028 || character == 0x2029)
		return bytes;
	return 0;
}

static struct text_walk start_of(const char *text, size_t len, unsigned int file)
{
	return (struct text_walk){
		.text = text,
		.text_len = len,
		.pos = { .line = 1, .column = 1, .file = file },
	};
}

static void step_char(struct text_walk *walk)
{
	size_t bytes = break_len(walk, walk->at);
	uint32_t character;

	if (bytes) {
		walk->at += bytes;
		walk->line_start = walk->at;
		walk->pos.line++;
		walk->pos.column = 1;
		return;
	}
	bytes = utf8_decode(walk->text + walk->at, walk->text_len - walk->at, &character);
	walk->at += bytes ? bytes : 1;
	walk->pos.column++;
}

/* Return: false if the text has no such place. The end of a line is a place. */
static bool walk_to(struct text_walk *walk, struct src_pos pos)
{
	if (src_pos_compare(pos, walk->pos) < 0)
		*walk = start_of(walk->text, walk->text_len, walk->pos.file);
	while (src_pos_compare(walk->pos, pos) < 0 && walk->at < walk->text_len) {
		if (walk->pos.line == pos.line && break_len(walk, walk->at))
			return false;
		step_char(walk);
	}
	return src_pos_compare(walk->pos, pos) == 0;
}

struct src_pos diag_pos(const struct diag *diag, unsigned int file, size_t offset)
{
	const struct diag_file *of = &diag->files.items[file];
	struct text_walk walk = start_of(of->text, of->text_len, file);

	while (walk.at < offset && walk.at < walk.text_len)
		step_char(&walk);
	return walk.pos;
}

const char *diag_line(const struct diag *diag, struct src_pos pos, size_t *ret_len)
{
	const struct diag_file *of = &diag->files.items[pos.file];
	struct text_walk walk = start_of(of->text, of->text_len, pos.file);
	size_t end;

	pos.column = 1;
	if (!of->text || !walk_to(&walk, pos))
		return NULL;
	for (end = walk.at; end < of->text_len && !break_len(&walk, end);)
		end++;
	*ret_len = end - walk.at;
	return of->text + walk.at;
}

/* Return: the offset at which the printed part of the line begins. */
static size_t shown_start(const struct text_walk *walk)
{
	const char *text = walk->text;
	size_t start = walk->at;

	for (unsigned int i = 0; i < SHOWN_BEFORE && start > walk->line_start; i++) {
		start--;
		while (start > walk->line_start &&
		       ((unsigned char)text[start] & 0xc0) == 0x80)
			start--;
	}
	return start;
}

static void print_line(const struct text_walk *walk, FILE *out)
{
	size_t at = shown_start(walk);
	unsigned int caret = 0, after = 0;

	fputs("    ", out);
	if (at > walk->line_start)
		caret += (unsigned int)fprintf(out, "...");
	while (at < walk->text_len && after < SHOWN_AFTER && !break_len(walk, at)) {
		uint32_t character = 0;
		size_t bytes =
			utf8_decode(walk->text + at, walk->text_len - at, &character);
		unsigned int columns = put_char(out, walk->text + at, bytes, character);

		if (at < walk->at)
			caret += columns;
		else
			after++;
		at += bytes ? bytes : 1;
	}
	if (after == SHOWN_AFTER && at < walk->text_len && !break_len(walk, at))
		fputs("...", out);
	fprintf(out, "\n    %*s^\n", (int)caret, "");
}

static void print_entry(const struct diag *diag, const struct diag_entry *entry,
			FILE *out)
{
	put_text(out, diag->files.items[entry->pos.file].name);
	if (entry->pos.line)
		fprintf(out, ":%u:%u", entry->pos.line, entry->pos.column);
	fputs(": ", out);
	put_text(out, entry->message);
	fputc('\n', out);
}

static bool is_same_line(struct src_pos a, struct src_pos b)
{
	return a.file == b.file && a.line == b.line;
}

/* Count the entries, from the first on, that share its line. */
static size_t count_of_line(const struct diag_entry *const *sorted, size_t count,
			    bool *ret_is_concealed)
{
	size_t n = 0;

	*ret_is_concealed = false;
	for (; n < count && is_same_line(sorted[n]->pos, sorted[0]->pos); n++)
		*ret_is_concealed |= sorted[n]->is_concealed;
	return n;
}

/* The lines that diag_visit() visits. */
struct visit {
	const struct diag *diag;
	const struct diag_entry **sorted;
	char *masked;	       /* the text of the current file; NULL: no text */
	struct text_walk walk; /* over the masked text */
	diag_fn *fn;
	void *data;
};

/* Return: the text, the caller's to free; NULL without memory. */
static char *entry_text(struct visit *visit, const struct diag_entry *entry,
			bool is_quoted)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	print_entry(visit->diag, entry, out);
	if (is_quoted && walk_to(&visit->walk, entry->pos))
		print_line(&visit->walk, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static void visit_entry(struct visit *visit, const struct diag_entry *entry,
			bool is_quoted)
{
	_cleanup_free_ char *text = entry_text(visit, entry, is_quoted);

	visit->fn(visit->data, text ? text : entry->message);
}

/* Mask secrets without moving any place. Return: the caller's to free; NULL: no text. */
static char *mask_text(const struct diag_file *file)
{
	char *copy = file->text ? malloc(file->text_len + 1) : NULL;

	if (!copy)
		return NULL;
	memcpy(copy, file->text, file->text_len + 1);
	/* The text may contain a NUL, which is an error of its own. */
	for (size_t at = 0; at < file->text_len; at += strlen(copy + at) + 1)
		mask_secrets(copy + at);
	return copy;
}

/* Make @file the file whose lines are quoted. */
static void turn_to(struct visit *visit, unsigned int file)
{
	const struct diag_file *of = &visit->diag->files.items[file];

	free(visit->masked);
	visit->masked = mask_text(of);
	visit->walk = start_of(visit->masked, of->text_len, file);
}

static void visit_entries(struct visit *visit, size_t shown)
{
	const struct diag *diag = visit->diag;
	size_t end = 0;
	bool is_concealed = false;

	for (size_t i = 0; i < shown; i++) {
		const struct diag_entry *entry = visit->sorted[i];

		if (i == 0 || entry->pos.file != visit->walk.pos.file)
			turn_to(visit, entry->pos.file);
		/* The line of a concealed error holds a secret, whatever the other errors are. */
		if (i == end)
			end += count_of_line(visit->sorted + i, diag->entries.count - i,
					     &is_concealed);
		/* A lost entry may be that of a secret. */
		visit_entry(visit, entry,
			    entry->pos.line && !is_concealed && !diag->failed &&
				    visit->masked);
	}
}

static void visit_line(struct visit *visit, const char *fmt, ...) _printf_(2, 3);

static void visit_line(struct visit *visit, const char *fmt, ...)
{
	_cleanup_free_ char *message = NULL;
	va_list args;
	int r;

	va_start(args, fmt);
	r = str_vformat(&message, fmt, args);
	va_end(args);
	if (r == 0)
		visit_entry(visit, &(struct diag_entry){ .message = message }, false);
}

void diag_visit(const struct diag *diag, diag_fn *fn, void *data)
{
	struct visit visit = { .diag = diag, .fn = fn, .data = data };
	size_t count = diag->entries.count;
	size_t shown = count < DIAG_PRINTED_MAX ? count : DIAG_PRINTED_MAX;
	size_t rest;

	visit.sorted = calloc(count ? count : 1, sizeof(*visit.sorted));
	for (size_t i = 0; visit.sorted && i < count; i++)
		visit.sorted[i] = &diag->entries.items[i];
	if (visit.sorted) {
		qsort(visit.sorted, count, sizeof(*visit.sorted), compare_place);
		visit_entries(&visit, shown);
	} else {
		for (size_t i = 0; i < shown; i++)
			visit_entry(&visit, &diag->entries.items[i], false);
	}
	free(visit.sorted);
	free(visit.masked);
	rest = count - shown + diag->left_out;
	if (rest > 0)
		visit_line(&visit, "%zu more error%s", rest, rest == 1 ? "" : "s");
	if (diag->failed)
		visit_line(&visit, "out of memory: not all errors are shown");
}

static void put_string(void *data, const char *text)
{
	fputs(text, data);
}

void diag_print(const struct diag *diag, FILE *out)
{
	diag_visit(diag, put_string, out);
}
