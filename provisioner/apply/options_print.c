/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writers of the table of options: --help, and JSON for the man page. */
#include "apply/options_print.h"

#include "apply/option_rows.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "model/config.h"

#include <jansson.h>

#define HELP_COLUMN 28
#define HELP_WIDTH  80

#define NEEDED_MAX (sizeof(((struct option_row *)NULL)->modes) * 8 + 1)

/*
 * List the options of the modes that @row goes with, unless it also goes without a mode.
 * Return: @names, NULL-terminated.
 */
static const char *const *needed_modes(const struct option_row *row,
				       const char *names[static NEEDED_MAX])
{
	bool needs_mode = row->modes && !(row->modes & 1U << MODE_APPLY);
	size_t count = 0;

	for (const struct option_row *other = option_rows; other->name; other++)
		if (needs_mode && other->mode != MODE_APPLY &&
		    row->modes & 1U << other->mode)
			names[count++] = other->name;
	names[count] = NULL;
	return names;
}

/* --- --help --- */

static int print_left(const struct option_row *row, FILE *out)
{
	char letter[] = { '-', row->letter, ',', '\0' };

	return fprintf(out, "  %3s --%s%s%s", row->letter ? letter : "", row->name,
		       row->argument ? "=" : "", row->argument ? row->argument : "");
}

/* Break @text between words, so that each line fits between @column and HELP_WIDTH. */
static void print_wrapped(const char *text, int column, FILE *out)
{
	int at = column;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (at > column && at + 1 + len >= HELP_WIDTH) {
			fprintf(out, "\n%*s", column, "");
			at = column;
		}
		at += fprintf(out, "%s%.*s", at > column ? " " : "", len, text);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void describe(const struct option_row *row, struct buf *text)
{
	const char *names[NEEDED_MAX];

	buf_add(text, row->help);
	if (row->words) {
		buf_add(text, ": ");
		buf_add_choice(text, row->words);
	}
	if (row->value)
		buf_addf(text, " (%s)", row->value);
	if (row->with)
		buf_addf(text, "; needs --%s", row->with);
	for (const char *const *name = needed_modes(row, names); *name; name++)
		buf_addf(text, "%s --%s", name == names ? "; needs" : " or", *name);
}

static void print_option(const struct option_row *row, FILE *out)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	int column = print_left(row, out);

	if (column >= HELP_COLUMN - 1) {
		fputc('\n', out);
		column = 0;
	}
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	describe(row, &text);
	print_wrapped(text.failed ? row->help : text.data, HELP_COLUMN, out);
}

void options_print_help(FILE *out)
{
	fputs("Usage: rapiddisk-apply [OPTION]...\n"
	      "Make RAM disks, caches and NVMe exports agree with " CONFIG_PATH
	      "\nand its drop-ins.\n",
	      out);
	for (int group = 0; group < GROUP_COUNT_; group++) {
		fprintf(out, "\n%s:\n", option_group_titles[group]);
		for (const struct option_row *row = option_rows; row->name; row++)
			if (row->group == (enum option_group)group)
				print_option(row, out);
	}
	fputs("\n"
	      "Exit status: 0 converged; 1 an object was not converged; 2 changes are\n"
	      "pending (--detailed-exitcode); 3 the configuration is invalid and nothing was\n"
	      "touched; 4 another run holds the lock; 64 usage error.\n",
	      out);
}

/* --- JSON --- */

static json_t *words_to_json(const char *const *words)
{
	json_t *array = json_array();

	for (; words && *words; words++)
		if (json_array_append_new(array, json_string(*words)) < 0) {
			json_decref(array);
			return NULL;
		}
	return array;
}

static json_t *modes_to_json(const struct option_row *row)
{
	const char *names[NEEDED_MAX];

	return words_to_json(needed_modes(row, names));
}

static json_t *row_to_json(const struct option_row *row)
{
	char letter[] = { row->letter, '\0' };

	return json_pack("{s:s, s:s*, s:s*, s:o, s:s*, s:s, s:s*, s:s*, s:s*, s:s*, s:o}",
			 "name", row->name, "letter", row->letter ? letter : NULL,
			 "argument", row->argument, "words", words_to_json(row->words),
			 "default", row->value, "help", row->help, "more", row->more,
			 "with", row->with, "without", row->without, "implied",
			 row->implied, "with_modes", modes_to_json(row));
}

static json_t *group_to_json(enum option_group group)
{
	json_t *options = json_array();

	for (const struct option_row *row = option_rows; row->name; row++)
		if (row->group == group &&
		    json_array_append_new(options, row_to_json(row)) < 0) {
			json_decref(options);
			return NULL;
		}
	return json_pack("{s:s, s:o}", "title", option_group_titles[group], "options",
			 options);
}

int options_to_json(char **ret)
{
	_cleanup_free_ char *text = NULL;
	json_t *groups = json_array();
	int r = 0;

	for (int group = 0; group < GROUP_COUNT_ && r == 0; group++)
		r = json_array_append_new(groups,
					  group_to_json((enum option_group)group));
	text = r == 0 ? json_dumps(groups, JSON_INDENT(2)) : NULL;
	json_decref(groups);
	return text ? str_format(ret, "%s\n", text) : -ENOMEM;
}
