/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/units.h"

#include "base/macro.h"
#include "unit.h"

#include <errno.h>

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define TIB(n) ((uint64_t)(n) << 40)

/* Not a round number, as the kernel's MemTotal never is. */
#define RAM (GIB(16) - 123456)

static const struct {
	const char *text;
	uint64_t bytes;
} good_sizes[] = {
	{ "0", 0 },
	{ "4096", 4096 },
	{ "512KiB", KIB(512) },
	{ "1536MiB", MIB(1536) },
	{ "2GiB", GIB(2) },
	{ "3TiB", TIB(3) },
	{ "18446744073709551615", UINT64_MAX },
	{ "16777215TiB", TIB(16777215) },
	{ "25%", MIB(4095) },
	{ "100%", MIB(16383) },
	{ "1%", MIB(163) },
	{ "min(25%, 8GiB)", MIB(4095) },
	{ "max(25%, 8GiB)", GIB(8) },
	{ "min(25%,1GiB,2GiB)", GIB(1) },
	{ "max( 1MiB , 4096 )", MIB(1) },
	{ "min(max(1GiB,10%),max(2GiB,5%))", MIB(1638) },
	{ "min(max(min(max(1,2),3),4),5)", 4 },
};

START_TEST(units_eval_size_reads_sizes_and_shares)
{
	uint64_t bytes = 0;
	size_t offset = 0;
	const char *error = NULL;
	int r = units_eval_size(good_sizes[_i].text, RAM, &bytes, &offset, &error);

	ck_assert_msg(r == 0, "'%s': %s at %zu", good_sizes[_i].text, error, offset);
	ck_assert_msg(bytes == good_sizes[_i].bytes, "'%s': %ju", good_sizes[_i].text,
		      (uintmax_t)bytes);
}
END_TEST

static const struct {
	const char *text;
	size_t offset;
	const char *error;
} bad_sizes[] = {
	{ "", 0, "missing" },
	{ "-1", 0, "no sign" },
	{ "+1", 0, "no sign" },
	{ "1.5GiB", 1, "1536MiB" },
	{ "1,5GiB", 1, "unexpected" },
	{ "18446744073709551616", 0, "64 bits" },
	{ "99999999999999999999999999", 0, "64 bits" },
	{ "16777216TiB", 0, "64 bits" },
	{ "18014398509481984KiB", 0, "64 bits" },
	{ "2GB", 1, "did you mean GiB" },
	{ "2G", 1, "did you mean GiB" },
	{ "2gib", 1, "did you mean GiB" },
	{ "256m", 3, "did you mean MiB" },
	{ "1Kb", 1, "did you mean KiB" },
	{ "1TIB", 1, "did you mean TiB" },
	{ "1Gx", 1, "KiB, MiB, GiB or TiB" },
	{ "2GiBx", 1, "KiB, MiB, GiB or TiB" },
	{ "2GiB2", 4, "unexpected" },
	{ "2 GiB", 1, "remove the space" },
	{ " 2GiB", 0, "expected a number" },
	{ "2GiB ", 4, "unexpected" },
	{ "0x10", 1, "KiB, MiB, GiB or TiB" },
	{ "010", 0, "leading zero" },
	{ "1_000", 1, "digits only" },
	{ "1e9", 1, "KiB, MiB, GiB or TiB" },
	{ "0%", 0, "1% to 100%" },
	{ "101%", 0, "1% to 100%" },
	{ "25%x", 3, "unexpected" },
	{ "25.5%", 2, "fractions" },
	{ "big", 0, "expected a number" },
	{ "min", 0, "expected a number" },
	{ "min(25%)", 7, "two sizes" },
	{ "min()", 4, "expected a number" },
	{ "min(25%, 8GiB", 13, "')' is missing" },
	{ "min(25%", 7, "')' is missing" },
	{ "min(25%, 8GB)", 10, "did you mean GiB" },
	{ "min(25%; 8GiB)", 7, "expected ','" },
	{ "min(25%, )", 9, "expected a number" },
	{ "min(25%, 8GiB))", 14, "unexpected" },
	{ "min(1,min(1,min(1,min(1,min(1,2)))))", 24, "deeper than four" },
};

START_TEST(units_eval_size_says_what_is_wrong_and_where)
{
	uint64_t bytes = 77;
	size_t offset = 0;
	const char *text = bad_sizes[_i].text, *error = "";
	int r = units_eval_size(text, RAM, &bytes, &offset, &error);

	ck_assert_msg(r == -EINVAL, "'%s' gave %d", text, r);
	ck_assert_msg(bytes == 77, "'%s' touched the result", text);
	ck_assert_msg(offset == bad_sizes[_i].offset, "'%s': offset %zu", text, offset);
	ck_assert_msg(strstr(error, bad_sizes[_i].error), "'%s': %s", text, error);
}
END_TEST

START_TEST(units_eval_size_of_a_share_does_not_follow_single_pages)
{
	uint64_t one, other;
	size_t offset;
	const char *error;

	ck_assert_int_eq(units_eval_size("50%", GIB(4) + 4096, &one, &offset, &error), 0);
	ck_assert_int_eq(units_eval_size("50%", GIB(4) + 8192, &other, &offset, &error),
			 0);
	ck_assert_uint_eq(one, other);
	ck_assert_int_eq(units_eval_size("100%", UINT64_MAX, &one, &offset, &error), 0);
	ck_assert_uint_eq(one, UINT64_MAX / MIB(1) * MIB(1));
	ck_assert_int_eq(units_eval_size("1%", MIB(64), &one, &offset, &error), 0);
	ck_assert_uint_eq(one, MIB(1));
}
END_TEST

START_TEST(units_next_bytes_passes_over_shares)
{
	const char *text = "min(25%, 8GiB, max(100%, 4096))";
	size_t offset = 0, start = 0;
	uint64_t bytes = 0;

	ck_assert(units_next_bytes(text, &offset, &start, &bytes));
	ck_assert_uint_eq(start, 9);
	ck_assert_uint_eq(bytes, GIB(8));
	ck_assert(units_next_bytes(text, &offset, &start, &bytes));
	ck_assert_uint_eq(start, 25);
	ck_assert_uint_eq(bytes, 4096);
	ck_assert(!units_next_bytes(text, &offset, &start, &bytes));
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *exact, *approx;
} formatted[] = {
	{ 0, "0", "0B" },
	{ 512, "512", "512B" },
	{ 1023, "1023", "1023B" },
	{ 1024, "1KiB", "1KiB" },
	{ 1536, "1536", "1.5KiB" },
	{ MIB(1) - 1, "1048575", "1023.9KiB" },
	{ GIB(2), "2GiB", "2GiB" },
	{ MIB(1536), "1536MiB", "1.5GiB" },
	{ GIB(1) + 1, "1073741825", "1GiB" },
	{ TIB(5), "5TiB", "5TiB" },
	{ UINT64_MAX, "18446744073709551615", "16777215.9TiB" },
};

START_TEST(units_format_size_is_exact_and_reads_back)
{
	char text[UNITS_SIZE_MAX];
	uint64_t bytes = ~formatted[_i].bytes;
	size_t offset;
	const char *error;

	ck_assert_str_eq(units_format_size(formatted[_i].bytes, text),
			 formatted[_i].exact);
	ck_assert_int_eq(units_eval_size(text, 0, &bytes, &offset, &error), 0);
	ck_assert_uint_eq(bytes, formatted[_i].bytes);
}
END_TEST

START_TEST(units_format_size_approx_rounds_down)
{
	char text[UNITS_SIZE_MAX];

	ck_assert_str_eq(units_format_size_approx(formatted[_i].bytes, text),
			 formatted[_i].approx);
}
END_TEST

static const struct {
	const char *text;
	int r;
	uint64_t value;
} numbers[] = {
	{ "0", 0, 0 },
	{ "42", 0, 42 },
	{ "007", 0, 7 },
	{ "000", 0, 0 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "0x1", -EINVAL, 0 },
	{ "1\n", -EINVAL, 0 },
};

START_TEST(units_parse_uint_takes_digits_only)
{
	uint64_t value = 0;
	int r = units_parse_uint(numbers[_i].text, &value);

	ck_assert_msg(r == numbers[_i].r, "'%s': %d", numbers[_i].text, r);
	ck_assert_msg(value == numbers[_i].value, "'%s'", numbers[_i].text);
}
END_TEST

static const struct {
	const char *text;
	int result;
	uint64_t ms;
	size_t offset;
	const char *back; /* how it is printed; NULL: as it was written */
} durations[] = {
	{ "0s", 0, 0, 0, "0ms" },
	{ "500ms", 0, 500, 0, NULL },
	{ "10s", 0, 10000, 0, NULL },
	{ "90s", 0, 90000, 0, NULL },
	{ "60s", 0, 60000, 0, "1min" },
	{ "5min", 0, 300000, 0, NULL },
	{ "2h", 0, 7200000, 0, NULL },
	{ "1d", 0, 86400000, 0, NULL },
	{ "1500ms", 0, 1500, 0, NULL },
	{ "", -EINVAL, 0, 0, NULL },
	{ "s", -EINVAL, 0, 0, NULL },
	{ "-1s", -EINVAL, 0, 0, NULL },
	{ "10", -EINVAL, 0, 2, NULL },
	{ "1.5s", -EINVAL, 0, 1, NULL },
	{ "10 s", -EINVAL, 0, 2, NULL },
	{ "10sec", -EINVAL, 0, 2, NULL },
	{ "010s", -EINVAL, 0, 0, NULL },
	{ "18446744073709551616ms", -EINVAL, 0, 0, NULL },
	{ "18446744073709551615d", -EINVAL, 0, 0, NULL },
};

START_TEST(units_duration_reads_and_prints)
{
	char text[UNITS_SIZE_MAX];
	const char *error = NULL;
	size_t offset = 99;
	uint64_t ms = 7;
	int r = units_parse_duration(durations[_i].text, &ms, &offset, &error);

	ck_assert_int_eq(r, durations[_i].result);
	if (r < 0) {
		ck_assert_ptr_nonnull(error);
		ck_assert_uint_eq(offset, durations[_i].offset);
		ck_assert_uint_eq(ms, 7);
		return;
	}
	ck_assert_uint_eq(ms, durations[_i].ms);
	ck_assert_str_eq(units_format_duration(ms, text),
			 durations[_i].back ? durations[_i].back : durations[_i].text);
}
END_TEST

Suite *suite_units(void)
{
	Suite *suite = unit_suite("units",
				  units_eval_size_of_a_share_does_not_follow_single_pages,
				  units_next_bytes_passes_over_shares, NULL);

	unit_add_loop(suite, units_eval_size_reads_sizes_and_shares,
		      ARRAY_SIZE(good_sizes));
	unit_add_loop(suite, units_eval_size_says_what_is_wrong_and_where,
		      ARRAY_SIZE(bad_sizes));
	unit_add_loop(suite, units_format_size_is_exact_and_reads_back,
		      ARRAY_SIZE(formatted));
	unit_add_loop(suite, units_format_size_approx_rounds_down, ARRAY_SIZE(formatted));
	unit_add_loop(suite, units_parse_uint_takes_digits_only, ARRAY_SIZE(numbers));
	unit_add_loop(suite, units_duration_reads_and_prints, ARRAY_SIZE(durations));
	return suite;
}
