/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and times as text. No other file knows "MiB". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * units_eval_size() - Evaluate a size: `4096`, `512KiB`, `2GiB`, `25%` of @ram_bytes,
 * `min(25%, 8GiB)`, `max(...)`, nested up to four deep.
 *
 * A share of RAM (1% to 100%) is rounded down to whole MiB, at least 1 MiB: the MemTotal of
 * the kernel varies by a few pages. Numbers are whole, without sign and without leading zero,
 * which some YAML readers take for octal. The unit follows without a space. min() and max()
 * take two or more sizes, with optional spaces between them.
 *
 * Return: 0 and *ret_bytes; -EINVAL with *ret_offset (byte offset of the error in @text) and
 * *ret_error (static text).
 */
int units_eval_size(const char *text, uint64_t ram_bytes, uint64_t *ret_bytes,
		    size_t *ret_offset, const char **ret_error);

/*
 * units_next_bytes() - Find the next absolute size of an expression that units_eval_size()
 * accepts, and skip shares of RAM. *offset is the position, 0 at first.
 * Return: false at the end; true with *ret_start, the offset of the size in @text, and
 * *offset after the size.
 */
bool units_next_bytes(const char *text, size_t *offset, size_t *ret_start,
		      uint64_t *ret_bytes);

/* Size of the longest text of units_format_size(), with its NUL. */
#define UNITS_SIZE_MAX 24

/*
 * units_format_size() - Print the shortest exact form: 2147483648 as "2GiB", 1536 as "1536".
 * units_eval_size() reads the text as the same number. Return: @text.
 */
char *units_format_size(uint64_t bytes, char text[static UNITS_SIZE_MAX]);

/*
 * units_format_size_approx() - Print at most one decimal, rounded down ("1.4GiB").
 * Return: @text.
 */
char *units_format_size_approx(uint64_t bytes, char text[static UNITS_SIZE_MAX]);

/*
 * units_parse_duration() - Parse a whole number and a unit: `500ms`, `10s`, `5min`, `2h`, `1d`.
 * Return: 0 and *ret_ms; -EINVAL as units_eval_size().
 */
int units_parse_duration(const char *text, uint64_t *ret_ms, size_t *ret_offset,
			 const char **ret_error);

/* units_format_duration() - Print the shortest exact form: 60000 as "1min". Return: @text. */
char *units_format_duration(uint64_t ms, char text[static UNITS_SIZE_MAX]);

/*
 * units_parse_uint() - Parse a decimal number of digits only.
 * Return: 0 and *ret; -EINVAL for another text; -ERANGE above UINT64_MAX.
 */
int units_parse_uint(const char *text, uint64_t *ret);
