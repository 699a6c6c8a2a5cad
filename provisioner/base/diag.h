/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All errors of a configuration, each with its place in one of the files. */
#pragma once

#include "base/macro.h"
#include "base/vec.h"

#include <stdio.h>

struct src_pos {
	unsigned int line, column; /* from 1; column counts characters; 0: no place */
	unsigned int file;	   /* index into diag.files and model.files */
};

/* src_pos_compare() - Order two places by file, line and column. Return: <0, 0, >0. */
static inline int src_pos_compare(struct src_pos a, struct src_pos b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

/* Errors that diag_print() prints; the rest is a count. */
#define DIAG_PRINTED_MAX 100
/*
 * Errors that are kept. More than are printed, because errors are not added in the order of
 * their places.
 */
#define DIAG_KEPT_MAX 1000

struct diag_entry {
	struct src_pos pos;
	char *message;
	bool is_concealed; /* do not quote its line */
};

struct diag_file {
	char *name; /* as the user knows it */
	char *text; /* for the quoted lines; NULL: unread */
	size_t text_len;
};

struct diag {
	VEC(struct diag_file) files; /* in the order in which they are read */
	VEC(struct diag_entry) entries;
	size_t left_out; /* errors beyond DIAG_KEPT_MAX, which have no entry */
	bool failed;	 /* an entry was lost for lack of memory */
};

/* diag_init() - Start with one file. @file is copied. Return: 0 or -ENOMEM. */
int diag_init(struct diag *diag, const char *file);
void diag_done(struct diag *diag);

/* diag_add_file() - Append a file. @name is copied. Return: 0 and its index; -ENOMEM. */
int diag_add_file(struct diag *diag, const char *name, unsigned int *ret);

/*
 * diag_set_text() - Copy the text of the file with index @file for the quoted lines.
 * Return: 0 or -ENOMEM.
 */
int diag_set_text(struct diag *diag, unsigned int file, const char *text, size_t len);

/* diag_pos() - Return the place of the byte at @offset of the text. */
struct src_pos diag_pos(const struct diag *diag, unsigned int file, size_t offset);

/*
 * diag_line() - Find the line of @pos. Return: its text without the line break, and its length;
 * NULL: the file has no such line.
 */
const char *diag_line(const struct diag *diag, struct src_pos pos, size_t *ret_len);

/* diag_whole() - Return the place of an error of the whole file. */
static inline struct src_pos diag_whole(unsigned int file)
{
	return (struct src_pos){ .file = file };
}

/*
 * diag_add() - Add an error.
 * Return: always -EINVAL, so that a parser can `return diag_add(...)`.
 */
int diag_add(struct diag *diag, struct src_pos pos, const char *fmt, ...) _printf_(3, 4);

/*
 * diag_add_concealed() - Add an error of a line that may hold a secret. The line is quoted for
 * no error, and @fmt must not quote it.
 */
int diag_add_concealed(struct diag *diag, struct src_pos pos, const char *fmt, ...)
	_printf_(3, 4);

/* diag_is_empty() - True if no error was added, or lost for lack of memory. */
bool diag_is_empty(const struct diag *diag);

/* diag_is_full() - True if further errors are only counted. */
bool diag_is_full(const struct diag *diag);

typedef void diag_fn(void *data, const char *text);

/*
 * diag_visit() - Call @fn with the text of each error, in the order of their places:
 * `file:line:column: message`, the line, and a caret under the column, each with a newline.
 * After DIAG_PRINTED_MAX errors, a last text has the number of the others. Tabs and control
 * characters are replaced, so that they disturb neither the terminal nor the caret. Secrets
 * are masked (mask.h).
 */
void diag_visit(const struct diag *diag, diag_fn *fn, void *data);

/* diag_print() - Write the texts of diag_visit() to @out. */
void diag_print(const struct diag *diag, FILE *out);
