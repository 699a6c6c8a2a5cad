/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of other programs and users, made safe for a terminal. */
#pragma once

#include "base/macro.h"

#include <stdio.h>

struct buf;

/*
 * visible_add() - Append @len bytes of @text. Each byte of a character that is no text
 * (utf8_is_text()), and each byte outside UTF-8, becomes `\xHH`.
 */
void visible_add(struct buf *out, const char *text, size_t len);

/*
 * visible_format() - Return @text in the form of visible_add(), the caller's to free; NULL
 * without memory.
 */
char *visible_format(const char *text);

/* visible_print() - Print as fprintf(3), in the form of visible_add(), also the newlines. */
void visible_print(FILE *out, const char *fmt, ...) _printf_(2, 3);

/*
 * visible_print_lines() - Print @len bytes of a text file: newlines and tabs stay, the rest has
 * the form of visible_add().
 */
void visible_print_lines(FILE *out, const char *text, size_t len);
