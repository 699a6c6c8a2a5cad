/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: each line is an argument. */
#include "apply/options_parse.h"

#include "apply/option_rows.h"
#include "base/cleanup.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"

#include <ctype.h>
#include <getopt.h>

#define WORDS_MAX      32
#define TIMEOUT_MAX_MS 86400000

/* *ret_message: what was written to stderr. */
static int parse(const char *text, char *words[static WORDS_MAX + 2], struct options *ret,
		 char **ret_message)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy;
	FILE *saved = stderr;
	size_t len;
	int count = 1, r;

	words[0] = (char[]){ "rapiddisk-apply" };
	while (count <= WORDS_MAX && (words[count] = strsep(&rest, "\n")))
		count++;
	words[count] = NULL;
	stderr = open_memstream(ret_message, &len);
	if (!stderr || !copy)
		abort();
	optind = 0; /* getopt_long() begins anew */
	r = options_parse(ret, count, words);
	fclose(stderr);
	stderr = saved;
	return r;
}

/* getopt_long() quotes an unknown option as it is, after the name in words[0]. */
static bool is_visible(const char *message)
{
	size_t len = strlen(program_invocation_short_name);

	if (strncmp(message, program_invocation_short_name, len) != 0)
		return true;
	for (; *message && *message != '\n'; message++)
		if (iscntrl((unsigned char)*message))
			return false;
	return true;
}

const char *options_property_check(const char *bytes, size_t len)
{
	_cleanup_free_ char *text = part_text((struct part){ bytes, len });
	_cleanup_free_ char *message = NULL, *again = NULL;
	const struct options none = { .mode = MODE_VERSION + 1 };
	struct options first = none, second = none;
	char *words[WORDS_MAX + 2];
	int r = parse(text, words, &first, &message);

	if (r != 0 && (r != -EINVAL || !message[0] || first.mode != none.mode))
		return "a command line is accepted, or refused with a message";
	if (r == 0 && message[0])
		return "no message is about a command line that is accepted";
	if (!is_visible(message))
		return "a message has no control character";
	if (r == 0 && (first.mode > MODE_VERSION || first.timeout_ms > TIMEOUT_MAX_MS ||
		       !first.config || !first.stage_name))
		return "each value is in its range";
	if (parse(text, words, &second, &again) != r || !streq(message, again) ||
	    (r == 0 && second.mode != first.mode))
		return "a command line has one meaning";
	return NULL;
}
