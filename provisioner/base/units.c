/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parse and format sizes, with their shares of RAM and min() and max(), and durations. */
#include "base/units.h"

#include "base/macro.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define NESTING_MAX 4
#define MIB	    (UINT64_C(1) << 20)

/* Largest first: the first unit that divides the number gives the shortest text. */
static const struct unit {
	const char *name;
	unsigned int shift;
} units[] = { { "TiB", 40 }, { "GiB", 30 }, { "MiB", 20 }, { "KiB", 10 } };

struct size_parser {
	const char *text;
	size_t at;
	uint64_t ram_bytes;
	const char *error; /* NULL: no error; otherwise the error at @error_at */
	size_t error_at;
};

static int fail_at(struct size_parser *p, size_t at, const char *error)
{
	p->error = error;
	p->error_at = at;
	return -EINVAL;
}

static void skip_spaces(struct size_parser *p)
{
	while (p->text[p->at] == ' ')
		p->at++;
}

static uint64_t share_of(uint64_t ram_bytes, uint64_t percent)
{
	uint64_t bytes = ram_bytes / 100 * percent + ram_bytes % 100 * percent / 100;

	return bytes < MIB ? MIB : bytes / MIB * MIB;
}

static int parse_digits(struct size_parser *p, uint64_t *ret)
{
	size_t start = p->at;
	uint64_t number = 0;

	for (; isdigit((unsigned char)p->text[p->at]); p->at++) {
		uint64_t digit = (uint64_t)(p->text[p->at] - '0');

		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, digit, &number))
			return fail_at(p, start, "does not fit into 64 bits");
	}
	if (p->text[start] == '0' && p->at > start + 1)
		return fail_at(p, start, "write the number without the leading zero");
	*ret = number;
	return 0;
}

/* Return the error for an unknown unit: 256M, 2GB and 2gib are likely misspellings. */
static const char *unknown_unit(const char *unit, size_t len)
{
	static const char *const errors[] = {
		"unknown unit; did you mean KiB (powers of 1024)?",
		"unknown unit; did you mean MiB (powers of 1024)?",
		"unknown unit; did you mean GiB (powers of 1024)?",
		"unknown unit; did you mean TiB (powers of 1024)?",
	};
	static const char letters[] = "kmgt";
	const char *letter =
		len ? strchr(letters, tolower((unsigned char)unit[0])) : NULL;

	if (letter && (len == 1 || (len == 2 && strncasecmp(unit + 1, "b", 1) == 0) ||
		       (len == 3 && strncasecmp(unit + 1, "ib", 2) == 0)))
		return errors[letter - letters];
	return "unknown unit; write KiB, MiB, GiB or TiB (powers of 1024), or no unit for "
	       "bytes";
}

/* Parse the unit after the digits, and refuse common mistakes with a remedy. */
static int parse_unit(struct size_parser *p, unsigned int *ret_shift)
{
	size_t start = p->at, len = 0;

	while (isalpha((unsigned char)p->text[start + len]))
		len++;
	if (p->text[start] == '.')
		return fail_at(p, start,
			       "fractions are not supported; for 1.5GiB write 1536MiB");
	if (p->text[start] == '_')
		return fail_at(p, start, "write the number with digits only");
	if (p->text[start] == ' ' && isalpha((unsigned char)p->text[start + 1]))
		return fail_at(p, start,
			       "remove the space between the number and its unit");
	*ret_shift = 0;
	if (len == 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (len == strlen(units[i].name) &&
		    memcmp(p->text + start, units[i].name, len) == 0) {
			*ret_shift = units[i].shift;
			p->at += len;
			return 0;
		}
	}
	return fail_at(p, start, unknown_unit(p->text + start, len));
}

static int parse_number(struct size_parser *p, uint64_t *ret)
{
	size_t start = p->at;
	unsigned int shift;
	uint64_t number;
	int r;

	r = parse_digits(p, &number);
	if (r < 0)
		return r;
	if (p->text[p->at] == '%') {
		if (number < 1 || number > 100)
			return fail_at(p, start, "a share of RAM is 1% to 100%");
		p->at++;
		*ret = share_of(p->ram_bytes, number);
		return 0;
	}
	r = parse_unit(p, &shift);
	if (r < 0)
		return r;
	if (number > UINT64_MAX >> shift)
		return fail_at(p, start, "does not fit into 64 bits");
	*ret = number << shift;
	return 0;
}

static int parse_size(struct size_parser *p, unsigned int nesting, uint64_t *ret);

/* Parse the arguments after "min(" or "max(". */
static int parse_choice(struct size_parser *p, bool want_max, unsigned int nesting,
			uint64_t *ret)
{
	unsigned int count = 0;

	for (;;) {
		uint64_t bytes;
		int r;

		skip_spaces(p);
		r = parse_size(p, nesting, &bytes);
		if (r < 0)
			return r;
		if (count++ == 0 || (want_max ? bytes > *ret : bytes < *ret))
			*ret = bytes;
		skip_spaces(p);
		switch (p->text[p->at]) {
		case ',':
			p->at++;
			break;
		case ')':
			if (count < 2)
				return fail_at(p, p->at,
					       "min() and max() take two sizes or more");
			p->at++;
			return 0;
		case '\0':
			return fail_at(p, p->at,
				       "a ')' is missing; inside { } put a size with a "
				       "comma in quotes");
		default:
			return fail_at(p, p->at, "expected ',' or ')'");
		}
	}
}

static int parse_size(struct size_parser *p, unsigned int nesting, uint64_t *ret)
{
	const char *text = p->text + p->at;

	if (isdigit((unsigned char)*text))
		return parse_number(p, ret);
	if (strncmp(text, "min(", 4) == 0 || strncmp(text, "max(", 4) == 0) {
		if (nesting == NESTING_MAX)
			return fail_at(p, p->at, "nesting is deeper than four levels");
		p->at += 4;
		return parse_choice(p, text[1] == 'a', nesting + 1, ret);
	}
	switch (*text) {
	case '\0':
		return fail_at(p, p->at, "a size is missing here");
	case '-':
	case '+':
		return fail_at(p, p->at, "a size has no sign");
	default:
		return fail_at(p, p->at,
			       "expected a number, as in 4096, 512KiB, 2GiB or 25%, or "
			       "min(25%, 8GiB)");
	}
}

int units_eval_size(const char *text, uint64_t ram_bytes, uint64_t *ret_bytes,
		    size_t *ret_offset, const char **ret_error)
{
	struct size_parser p = { .text = text, .ram_bytes = ram_bytes };
	uint64_t bytes;
	int r;

	r = parse_size(&p, 0, &bytes);
	if (r == 0 && text[p.at] != '\0')
		r = fail_at(&p, p.at, "unexpected text after the size");
	if (r < 0) {
		*ret_offset = p.error_at;
		*ret_error = p.error;
		return r;
	}
	*ret_bytes = bytes;
	return 0;
}

bool units_next_bytes(const char *text, size_t *offset, size_t *ret_start,
		      uint64_t *ret_bytes)
{
	struct size_parser p = { .text = text, .at = *offset };

	while (p.text[p.at] != '\0') {
		size_t start = p.at;
		uint64_t bytes;

		if (!isdigit((unsigned char)p.text[start])) {
			p.at++;
			continue;
		}
		if (parse_number(&p, &bytes) < 0)
			return false;
		if (p.text[p.at - 1] == '%')
			continue;
		*offset = p.at;
		*ret_start = start;
		*ret_bytes = bytes;
		return true;
	}
	return false;
}

char *units_format_size(uint64_t bytes, char text[static UNITS_SIZE_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t unit = UINT64_C(1) << units[i].shift;

		if (bytes >= unit && bytes % unit == 0) {
			snprintf(text, UNITS_SIZE_MAX, "%" PRIu64 "%s", bytes / unit,
				 units[i].name);
			return text;
		}
	}
	snprintf(text, UNITS_SIZE_MAX, "%" PRIu64, bytes);
	return text;
}

char *units_format_size_approx(uint64_t bytes, char text[static UNITS_SIZE_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		uint64_t unit = UINT64_C(1) << units[i].shift;
		/* The remainder times 10 fits into 64 bits; @bytes times 10 may not. */
		unsigned int tenths = (unsigned int)(bytes % unit * 10 / unit);

		if (bytes < unit)
			continue;
		if (tenths)
			snprintf(text, UNITS_SIZE_MAX, "%" PRIu64 ".%c%s", bytes / unit,
				 (char)('0' + tenths), units[i].name);
		else
			snprintf(text, UNITS_SIZE_MAX, "%" PRIu64 "%s", bytes / unit,
				 units[i].name);
		return text;
	}
	snprintf(text, UNITS_SIZE_MAX, "%" PRIu64 "B", bytes);
	return text;
}

/* Largest first. Each unit divides the units before it. */
static const struct time_unit {
	const char *name;
	uint64_t ms;
} time_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "min", 60000 }, { "s", 1000 }, { "ms", 1 },
};

int units_parse_duration(const char *text, uint64_t *ret_ms, size_t *ret_offset,
			 const char **ret_error)
{
	struct size_parser p = { .text = text };
	uint64_t number;
	int r = isdigit((unsigned char)text[0]) ? parse_digits(&p, &number) : -EINVAL;

	if (r < 0 && !p.error)
		r = fail_at(&p, 0, "a time begins with a digit");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(time_units); i++) {
		if (strcmp(text + p.at, time_units[i].name) != 0)
			continue;
		if (number > UINT64_MAX / time_units[i].ms) {
			r = fail_at(&p, 0, "does not fit into 64 bits");
			break;
		}
		*ret_ms = number * time_units[i].ms;
		return 0;
	}
	if (r == 0)
		fail_at(&p, p.at,
			"write a time with the unit ms, s, min, h or d, as in 10s");
	*ret_offset = p.error_at;
	*ret_error = p.error;
	return -EINVAL;
}

char *units_format_duration(uint64_t ms, char text[static UNITS_SIZE_MAX])
{
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(time_units) && (ms == 0 || ms % time_units[i].ms != 0))
		i++;
	snprintf(text, UNITS_SIZE_MAX, "%" PRIu64 "%s", ms / time_units[i].ms,
		 time_units[i].name);
	return text;
}

int units_parse_uint(const char *text, uint64_t *ret)
{
	struct size_parser p = { .text = text };
	uint64_t number = 0;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -EINVAL;
	p.at = strspn(text, "0");
	if (text[p.at] != '\0' && parse_digits(&p, &number) < 0)
		return -ERANGE;
	*ret = number;
	return 0;
}
