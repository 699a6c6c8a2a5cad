/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of the command line: getopt's arrays and all checks come from option_rows. */
#include "apply/options_parse.h"

#include "apply/option_rows.h"
#include "base/buf.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>

/* getopt_long() returns this plus the index of the row. */
#define LONG_BASE 0x100
#define ROWS_MAX  64

/* The arrays that getopt_long() wants. */
struct getopt_args {
	struct option longs[ROWS_MAX + 1];
	char shorts[2 * ROWS_MAX + 1];
};

/* Options, as bits: the index of the row. */
struct given {
	uint64_t options;
	uint64_t implied;
};

static void fill_getopt_args(struct getopt_args *ret)
{
	char *letter = ret->shorts;
	int index = 0;

	for (const struct option_row *row = option_rows; row->name; row++, index++) {
		assert(index < ROWS_MAX);
		ret->longs[index] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = LONG_BASE + index,
		};
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->argument)
			*letter++ = ':';
	}
}

/* Return: NULL for the '?' of getopt_long(), which has printed the error. */
static const struct option_row *find_by_value(int value)
{
	if (value >= LONG_BASE)
		return &option_rows[value - LONG_BASE];
	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->letter == value)
			return row;
	return NULL;
}

static const struct option_row *find_by_name(const char *name)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (streq(row->name, name))
			return row;
	assert(!"a row names an option that exists");
	return NULL;
}

static uint64_t bit_of(const struct option_row *row)
{
	return UINT64_C(1) << (row - option_rows);
}

static bool is_word(const struct option_row *row, const char *argument)
{
	for (size_t i = 0; row->words[i]; i++)
		if (streq(row->words[i], argument))
			return true;
	return false;
}

static int refuse_argument(const struct option_row *row, const char *argument)
{
	struct buf expects = { 0 };

	if (row->words)
		buf_add_choice(&expects, row->words);
	else
		buf_add(&expects, row->expects);
	log_error("--%s cannot be '%s'; write %s", row->name, argument,
		  expects.failed ? "another value" : expects.data);
	buf_done(&expects);
	return -EINVAL;
}

static int set_option(const struct option_row *row, struct options *o,
		      const char *argument)
{
	if (!row->set)
		return 0;
	if (row->words && !is_word(row, argument))
		return refuse_argument(row, argument);
	return row->set(row, o, argument) < 0 ? refuse_argument(row, argument) : 0;
}

static void set_defaults(struct options *ret)
{
	*ret = (struct options){ .lock_timeout_ms = UINT32_MAX };
	for (const struct option_row *row = option_rows; row->name; row++) {
		int r = row->value ? row->set(row, ret, row->value) : 0;

		assert(r == 0);
	}
}

/* Record the option, set it, and set the option that it implies. */
static int take(const struct option_row *row, const char *argument, struct options *o,
		struct given *given)
{
	given->options |= bit_of(row);
	if (row->implied) {
		const struct option_row *implied = find_by_name(row->implied);

		given->implied |= bit_of(implied);
		(void)set_option(implied, o, ""); /* a flag: it takes no argument */
	}
	return set_option(row, o, argument);
}

static bool is_given(const struct option_row *row, const struct given *given)
{
	return given->options & bit_of(row);
}

/* --help and --version are answered whatever else is on the command line. */
static bool is_answered_at_once(enum apply_mode mode)
{
	return mode == MODE_HELP || mode == MODE_VERSION;
}

static enum apply_mode choose_mode(const struct given *given)
{
	enum apply_mode first = MODE_APPLY;

	for (const struct option_row *row = option_rows; row->name; row++) {
		if (row->mode == MODE_APPLY || !is_given(row, given))
			continue;
		if (is_answered_at_once(row->mode))
			return row->mode;
		if (first == MODE_APPLY)
			first = row->mode;
	}
	return first;
}

/* The bits of the modes that the option goes with. An option that names a mode goes with
 * that mode alone. */
static unsigned int modes_of(const struct option_row *row)
{
	if (row->mode != MODE_APPLY)
		return 1U << row->mode;
	return row->modes ? row->modes : ~0U;
}

static const struct option_row *find_by_modes(unsigned int modes)
{
	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->mode != MODE_APPLY && modes & 1U << row->mode)
			return row;
	assert(!"each mode but MODE_APPLY has an option");
	return NULL;
}

static int refuse_together(const struct option_row *row, const char *verb,
			   const char *other)
{
	log_error("--%s %s --%s", row->name, verb, other);
	return -EINVAL;
}

static int check_row(const struct option_row *row, enum apply_mode mode,
		     const struct given *given)
{
	uint64_t set = given->options | given->implied;

	if (!(modes_of(row) & 1U << mode))
		return mode == MODE_APPLY
			       ? refuse_together(row, "needs",
						 find_by_modes(modes_of(row))->name)
			       : refuse_together(row, "cannot go with",
						 find_by_modes(1U << mode)->name);
	if (row->with && !(set & bit_of(find_by_name(row->with))))
		return refuse_together(row, "needs", row->with);
	if (row->without && set & bit_of(find_by_name(row->without)))
		return refuse_together(row, "cannot go with", row->without);
	return 0;
}

static int check_together(enum apply_mode mode, const struct given *given)
{
	int r = 0;

	if (is_answered_at_once(mode))
		return 0;
	for (const struct option_row *row = option_rows; row->name && r == 0; row++)
		if (is_given(row, given))
			r = check_row(row, mode, given);
	return r;
}

int options_parse(struct options *ret, int argc, char **argv)
{
	struct getopt_args args = { 0 };
	struct given given = { 0 };
	struct options o;
	int value, r;

	set_defaults(&o);
	fill_getopt_args(&args);
	while ((value = getopt_long(argc, argv, args.shorts, args.longs, NULL)) != -1) {
		const struct option_row *row = find_by_value(value);

		r = row ? take(row, optarg, &o, &given) : -EINVAL;
		if (r < 0)
			return r;
	}
	if (optind < argc) {
		log_error("unexpected argument '%s'; see --help", argv[optind]);
		return -EINVAL;
	}
	o.mode = choose_mode(&given);
	r = check_together(o.mode, &given);
	if (r == 0)
		*ret = o;
	return r;
}
