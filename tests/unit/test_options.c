/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/option_rows.h"
#include "apply/options_parse.h"
#include "apply/options_print.h"

#include "base/cleanup.h"
#include "unit.h"

#include <fcntl.h>
#include <getopt.h>
#include <jansson.h>

#define WORDS_MAX 8

/* Parse @line, words that single blanks separate. *ret_error: what was written to stderr. */
static int parse(const char *line, struct options *ret, char **ret_error)
{
	_cleanup_free_ char *dir = unit_dir(), *path = unit_write(dir, "stderr", "", 0);
	static char words[256];
	char *argv[WORDS_MAX + 2] = { (char[]){ "rapiddisk-apply" } };
	int argc = 1, saved = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CLOEXEC),
	    r;
	size_t len;

	ck_assert_uint_lt(strlen(line), sizeof(words));
	strcpy(words, line);
	for (char *word = words, *next; word && *word; word = next) {
		next = strchr(word, ' ');
		if (next)
			*next++ = '\0';
		ck_assert_int_le(argc, WORDS_MAX);
		argv[argc++] = word;
	}
	ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
	optind = 0; /* getopt_long() begins anew */
	r = options_parse(ret, argc, argv);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	close(fd);
	*ret_error = unit_read(path, &len);
	return r;
}

static const struct {
	const char *line, *error;
} refused[] = {
	{ "--check --status", "--status cannot go with --check" },
	{ "--import --check", "--import cannot go with --check" },
	{ "--check --dry-run", "--dry-run cannot go with --check" },
	{ "-n --print-schema", "--dry-run cannot go with --print-schema" },
	{ "--drift --teardown", "--drift cannot go with --teardown" },
	{ "--drift --check", "--drift cannot go with --check" },
	{ "--adopt --teardown", "--adopt cannot go with --teardown" },
	{ "--from=x", "--from needs --import" },
	{ "--from x --status", "--from cannot go with --status" },
	{ "--disconnect", "--disconnect needs --teardown" },
	{ "--disconnect --dry-run", "--disconnect needs --teardown" },
	{ "--detailed-exitcode", "--detailed-exitcode needs --dry-run" },
	{ "--quiet -v", "--quiet cannot go with --verbose" },
	{ "--stage=now",
	  "--stage cannot be 'now'; write initramfs, local, network or system" },
	{ "--color=", "--color cannot be ''; write auto, always or never" },
	{ "--timeout=1s",
	  "--timeout cannot be '1s'; write whole seconds, 86400 at most" },
	{ "--timeout=86401",
	  "--timeout cannot be '86401'; write whole seconds, 86400 at most" },
	{ "--lock-timeout=-1",
	  "--lock-timeout cannot be '-1'; write whole seconds, 86400 at most" },
	{ "--fault=now", "--fault cannot be 'now'; write kill:N or fail:N[:ERRNO]" },
	{ "--check rapiddisk.yaml", "unexpected argument 'rapiddisk.yaml'; see --help" },
	{ "--unknown", "unrecognized option '--unknown'" },
	{ "-x", "invalid option -- 'x'" },
	{ "--config", "option '--config' requires an argument" },
};

START_TEST(options_refuse_what_cannot_go_together)
{
	struct options o = { .mode = MODE_VERSION };
	_cleanup_free_ char *error = NULL;
	int r = parse(refused[_i].line, &o, &error);

	ck_assert_msg(r == -EINVAL, "'%s' is accepted", refused[_i].line);
	ck_assert_msg(strstr(error, refused[_i].error), "'%s': %s", refused[_i].line,
		      error);
	ck_assert_int_eq(o.mode, MODE_VERSION);
}
END_TEST

static struct options accept(const char *line)
{
	_cleanup_free_ char *error = NULL;
	struct options o;
	int r = parse(line, &o, &error);

	ck_assert_msg(r == 0, "'%s' is refused: %s", line, error);
	ck_assert_str_eq(error, "");
	return o;
}

START_TEST(options_have_their_defaults)
{
	struct options o = accept("");

	ck_assert_int_eq(o.mode, MODE_APPLY);
	ck_assert_str_eq(o.config, "/etc/rapiddisk.yaml");
	ck_assert_str_eq(o.stage_name, "system");
	ck_assert_int_eq(o.stage, KIND_STAGE_ALL);
	ck_assert_int_eq(o.color, COLOR_AUTO);
	ck_assert_uint_eq(o.timeout_ms, 10000);
	ck_assert_uint_ge(o.lock_timeout_ms, UINT64_C(86400000));
	ck_assert(!o.initramfs && !o.dry_run && !o.no_prune && !o.sysroot && !o.from);
	ck_assert_int_eq(o.fault.mode, FAULT_NONE);
}
END_TEST

START_TEST(options_set_what_their_row_says)
{
	struct options o = accept("-nc x --stage=initramfs --timeout=3 --lock-timeout=0 "
				  "--color=never --fault=fail:2 --detailed-exitcode");

	ck_assert(o.dry_run && o.initramfs && o.detailed_exitcode && !o.json);
	ck_assert_str_eq(o.config, "x");
	ck_assert_str_eq(o.stage_name, "initramfs");
	ck_assert_int_eq(o.stage, KIND_STAGE_LOCAL);
	ck_assert_uint_eq(o.timeout_ms, 3000);
	ck_assert_uint_eq(o.lock_timeout_ms, 0);
	ck_assert_int_eq(o.color, COLOR_NEVER);
	ck_assert_uint_eq(o.fault.at, 2);
	o = accept("--import --from=y --json --json");
	ck_assert_int_eq(o.mode, MODE_IMPORT);
	ck_assert_str_eq(o.from, "y");
	ck_assert(o.json);
}
END_TEST

START_TEST(drift_implies_a_dry_run)
{
	struct options o = accept("--drift --detailed-exitcode");

	ck_assert(o.drift && o.dry_run);
}
END_TEST

START_TEST(help_and_version_win_over_the_other_modes)
{
	ck_assert_int_eq(accept("--check --help").mode, MODE_HELP);
	ck_assert_int_eq(accept("-h --check").mode, MODE_HELP);
	ck_assert_int_eq(accept("--version -qv --disconnect").mode, MODE_VERSION);
}
END_TEST

START_TEST(each_mode_has_one_option)
{
	unsigned int modes = 0;

	for (const struct option_row *row = option_rows; row->name; row++) {
		if (row->mode == MODE_APPLY)
			continue;
		ck_assert_msg(!(modes & 1U << row->mode), "--%s", row->name);
		modes |= 1U << row->mode;
	}
	ck_assert_uint_eq(modes, (2U << MODE_VERSION) - 1 - (1U << MODE_APPLY));
}
END_TEST

START_TEST(each_option_is_documented_and_names_options_that_exist)
{
	uint64_t letters[2] = { 0 };
	struct options o = { 0 };

	for (const struct option_row *row = option_rows; row->name; row++) {
		size_t len = strlen(row->help);
		const char *names[] = { row->with, row->without, row->implied };
		unsigned char letter = (unsigned char)row->letter;

		ck_assert_msg(len > 0 && row->help[len - 1] != '.', "--%s", row->name);
		ck_assert_msg(!row->more || row->more[strlen(row->more) - 1] == '.',
			      "--%s", row->name);
		ck_assert_msg(row->set || row->mode != MODE_APPLY, "--%s", row->name);
		ck_assert_msg(!row->argument || row->words || row->expects ||
				      row->set(row, &o, "\x01") == 0,
			      "--%s refuses without saying what it accepts", row->name);
		ck_assert_msg(!letter || !(letters[letter / 64] >> letter % 64 & 1),
			      "-%c", row->letter);
		if (letter)
			letters[letter / 64] |= UINT64_C(1) << letter % 64;
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			const struct option_row *other = option_rows;

			while (names[i] && other->name && !streq(other->name, names[i]))
				other++;
			ck_assert_msg(other->name, "--%s names --%s", row->name,
				      names[i]);
		}
	}
}
END_TEST

START_TEST(help_fits_a_terminal_and_has_each_option)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	options_print_help(out);
	ck_assert_int_eq(fclose(out), 0);
	for (const char *line = text; *line; line = strchr(line, '\n') + 1)
		ck_assert_msg(strcspn(line, "\n") < 80, "%.*s", (int)strcspn(line, "\n"),
			      line);
	for (const struct option_row *row = option_rows; row->name; row++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s%s", row->name,
			 row->argument ? "=" : "");
		ck_assert_msg(strstr(text, name), "no %s", name);
	}
}
END_TEST

START_TEST(the_json_has_each_option_once)
{
	_cleanup_free_ char *text = NULL;
	size_t index, count = 0, rows = 0;
	json_t *groups, *group;

	ck_assert_int_eq(options_to_json(&text), 0);
	groups = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(groups);
	json_array_foreach (groups, index, group)
		count += json_array_size(json_object_get(group, "options"));
	while (option_rows[rows].name)
		rows++;
	ck_assert_uint_eq(count, rows);
	json_decref(groups);
}
END_TEST

Suite *suite_options(void)
{
	Suite *suite = unit_suite(
		"options", options_have_their_defaults, options_set_what_their_row_says,
		drift_implies_a_dry_run, help_and_version_win_over_the_other_modes,
		each_mode_has_one_option,
		each_option_is_documented_and_names_options_that_exist,
		help_fits_a_terminal_and_has_each_option, the_json_has_each_option_once,
		NULL);

	unit_add_loop(suite, options_refuse_what_cannot_go_together, ARRAY_SIZE(refused));
	return suite;
}
