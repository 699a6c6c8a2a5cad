/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and times as people write them. The only file that knows "MiB". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * units_eval_size() - Evaluate a size: `4096`, `512KiB`, `2GiB`, `25%` of @ram_bytes,
 * `min(25%, 8GiB)`, `max(...)`, nested up to four deep.
 *
 * A share of RAM is rounded down to whole MiB, one at least, so that it does not change
 * with the few pages by which the kernel's MemTotal varies. Whole numbers only: no sign,
 * no fraction, no leading zero (some YAML readers take it for octal). The unit follows at
 * once; spaces may stand between the parts of min() and max(), which take two sizes or
 * more.
 *
 * Return: 0 and *ret_bytes, or -EINVAL with *ret_offset (byte offset in @text of what is
 * wrong) and *ret_error (static text). A percentage is 1 to 100.
 */
int units_eval_size(const char *text, uint64_t ram_bytes, uint64_t *ret_bytes,
		    size_t *ret_offset, const char **ret_error);

/*
 * units_next_bytes() - Step through the absolute sizes of an expression, passing over the
 * shares of RAM. @text is one that units_eval_size() accepts; *offset is where to go on
 * from, 0 at first.
 * Return: false if there is no more; true, and then *ret_start is the size's offset in
 * @text, and *offset is behind it.
 */
bool units_next_bytes(const char *text, size_t *offset, size_t *ret_start,
		      uint64_t *ret_bytes);

/* Longest text that units_format_size() makes, with its NUL. */
#define UNITS_SIZE_MAX 24

/*
 * units_format_size() - The shortest exact form: 2147483648 is "2GiB", 1536 is "1536".
 * It reads back with units_eval_size() as the same number. Return: @text.
 */
char *units_format_size(uint64_t bytes, char text[static UNITS_SIZE_MAX]);

/*
 * units_format_size_approx() - For people: at most one decimal, rounded down ("1.4GiB").
 * Return: @text.
 */
char *units_format_size_approx(uint64_t bytes, char text[static UNITS_SIZE_MAX]);

/*
 * units_parse_duration() - `500ms`, `10s`, `5min`, `2h`, `1d`: a whole number and a unit.
 * Return: 0 and *ret_ms; -EINVAL as units_eval_size().
 */
int units_parse_duration(const char *text, uint64_t *ret_ms, size_t *ret_offset,
			 const char **ret_error);

/* units_format_duration() - The shortest exact form: 60000 is "1min". Return: @text. */
char *units_format_duration(uint64_t ms, char text[static UNITS_SIZE_MAX]);

/*
 * units_parse_uint() - A decimal number, digits only.
 * Return: 0; -EINVAL if it is not one; -ERANGE above UINT64_MAX. *ret only set on 0.
 */
int units_parse_uint(const char *text, uint64_t *ret);
