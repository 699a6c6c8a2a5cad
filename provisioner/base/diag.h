/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with a configuration: all of it, each with its place in the file. */
#pragma once

#include "base/macro.h"
#include "base/vec.h"

#include <stdio.h>

struct src_pos {
	unsigned int line, column; /* from 1; column counts characters; 0: no place */
};

/* src_pos_compare() - Which comes first in the file. Return: <0, 0, >0. */
static inline int src_pos_compare(struct src_pos a, struct src_pos b)
{
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

struct diag_entry {
	struct src_pos pos;
	char *message;
	bool is_concealed; /* its line is not shown */
};

struct diag {
	char *file; /* as the user named it */
	char *text; /* the file's text, for the quoted lines; NULL where it was not read
		     */
	size_t text_len;
	VEC(struct diag_entry) entries;
	bool failed; /* an entry was lost for want of memory */
};

/* diag_init() - @file is copied. Return: 0 or -ENOMEM. */
int diag_init(struct diag *diag, const char *file);
void diag_done(struct diag *diag);

/*
 * diag_set_text() - Keep a copy of the file's text for the quoted lines.
 * Return: 0 or -ENOMEM.
 */
int diag_set_text(struct diag *diag, const char *text, size_t len);

/* diag_pos() - The place of the byte at @offset in the text that was set. */
struct src_pos diag_pos(const struct diag *diag, size_t offset);

/*
 * diag_add() - Note one error.
 * Return: always -EINVAL, so that a parser can `return diag_add(...)`.
 */
int diag_add(struct diag *diag, struct src_pos pos, const char *fmt, ...) _printf_(3, 4);

/*
 * diag_add_concealed() - The same for a line that may hold a secret: it is not quoted, for
 * any other error either, and @fmt must not do so.
 */
int diag_add_concealed(struct diag *diag, struct src_pos pos, const char *fmt, ...)
	_printf_(3, 4);

/* diag_is_empty() - Nothing is wrong (and nothing was lost for want of memory)? */
bool diag_is_empty(const struct diag *diag);

/*
 * diag_print() - Write all errors in the order of their place: `file:line:column:
 * message`, then the line itself and a caret under the column. Tabs and control
 * characters in the line cannot disturb the terminal or the caret's place, and keys that
 * can be told by their look (mask.h) are not shown.
 */
void diag_print(const struct diag *diag, FILE *out);
