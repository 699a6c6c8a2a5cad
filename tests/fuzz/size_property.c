/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes, durations and numbers, also those of devices: the first 8 bytes are a number, the other
 * ones a text.
 */
#include "base/cleanup.h"
#include "base/macro.h"
#include "base/units.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "sys/numbers.h"

#include <inttypes.h>

#define UNSET UINT64_C(0x1234567)
#define RAM   (UINT64_C(16) << 30)

struct result {
	uint64_t value;
	size_t offset;
	const char *error;
};

static struct result unset(void)
{
	return (struct result){ UNSET, SIZE_MAX, NULL };
}

/* True if the result of a parser is whole: a value, or an error in @text and no value. */
static bool is_sound(int r, const char *text, const struct result *result)
{
	if (r == 0)
		return !result->error && result->offset == SIZE_MAX;
	return r == -EINVAL && result->value == UNSET && result->error &&
	       result->error[0] && result->offset <= strlen(text);
}

static int eval(const char *text, uint64_t ram_bytes, struct result *ret)
{
	*ret = unset();
	return units_eval_size(text, ram_bytes, &ret->value, &ret->offset, &ret->error);
}

static int parse_duration(const char *text, struct result *ret)
{
	*ret = unset();
	return units_parse_duration(text, &ret->value, &ret->offset, &ret->error);
}

static const char *check_number(uint64_t number)
{
	char text[UNITS_SIZE_MAX];
	struct result result;

	if (eval(units_format_size(number, text), 0, &result) < 0 ||
	    result.value != number)
		return "a size is read as it was printed";
	if (parse_duration(units_format_duration(number, text), &result) < 0 ||
	    result.value != number)
		return "a duration is read as it was printed";
	if (strlen(units_format_size_approx(number, text)) >= UNITS_SIZE_MAX - 1 ||
	    strtoull(text, NULL, 10) > number)
		return "an approximate size is short, and is no larger than the size";
	return NULL;
}

/* The sizes of an accepted expression stand one after the other, and each is a size. */
static const char *check_sizes_in(const char *text)
{
	size_t offset = 0, last = 0, start;
	uint64_t bytes;

	while (units_next_bytes(text, &offset, &start, &bytes)) {
		_cleanup_free_ char *one = NULL;
		struct result result;

		if (start < last || offset <= start || offset > strlen(text))
			return "the sizes of an expression stand one after the other";
		one = part_text((struct part){ text + start, offset - start });
		if (eval(one, 0, &result) < 0 || result.value != bytes)
			return "each size of an expression is a size";
		last = offset;
	}
	return NULL;
}

static const char *check_size(const char *text)
{
	struct result result, larger;
	int r = eval(text, RAM, &result);
	const char *broken;

	if (!is_sound(r, text, &result))
		return "a size has a value, or an error in its text";
	if (r < 0)
		return NULL;
	broken = check_number(result.value);
	if (broken)
		return broken;
	if (eval(text, UINT64_MAX, &larger) < 0 || larger.value < result.value)
		return "a share of more RAM is no less";
	return check_sizes_in(text);
}

static const char *check_duration(const char *text)
{
	struct result result, size;
	int r = parse_duration(text, &result);

	if (!is_sound(r, text, &result))
		return "a duration has a value, or an error in its text";
	if (r == 0 && eval(text, 0, &size) == 0)
		return "no text is a duration and a size";
	return r == 0 ? check_number(result.value) : NULL;
}

static const char *check_uint(const char *text)
{
	uint64_t number = UNSET;
	int r = units_parse_uint(text, &number);
	char printed[UNITS_SIZE_MAX];
	size_t zeroes = strspn(text, "0");

	if (r < 0)
		return number == UNSET && (r == -EINVAL || r == -ERANGE)
			       ? NULL
			       : "a text that is refused gives no number";
	if (zeroes > 0 && text[zeroes] == '\0')
		zeroes--;
	snprintf(printed, sizeof(printed), "%" PRIu64, number);
	return streq(printed, text + zeroes) ? NULL : "a number is read digit by digit";
}

static const char *check_device(const char *text)
{
	char printed[NUMBERS_TEXT_MAX];
	uint64_t number;

	if (numbers_parse(text, &number) < 0)
		return NULL;
	return streq(numbers_format(number, printed), text)
		       ? NULL
		       : "the number of a device is printed as it was read";
}

const char *size_property_check(const char *bytes, size_t len)
{
	_cleanup_free_ char *text = NULL;
	const char *broken;
	uint64_t number = 0;
	size_t head = len < sizeof(number) ? len : sizeof(number);

	memcpy(&number, bytes, head);
	text = part_text((struct part){ bytes + head, len - head });
	broken = check_number(number);
	if (!broken)
		broken = check_size(text);
	if (!broken)
		broken = check_duration(text);
	if (!broken)
		broken = check_uint(text);
	return broken ? broken : check_device(text);
}
