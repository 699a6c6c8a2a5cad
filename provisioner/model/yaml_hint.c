/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tell what made the syntax of a YAML text invalid. */
#include "model/yaml_hint.h"

#include "base/mask.h"
#include "base/str.h"
#include "base/utf8.h"

#include <ctype.h>
#include <string.h>

const char *yaml_hint(const char *problem)
{
	static const struct {
		const char *problem, *hint;
	} hints[] = {
		{ "mapping values are not allowed in this context",
		  "; indent the line as its neighbours, and put a value with ': ' in quotes" },
		{ "did not find expected key", "; indent the line as its neighbours" },
		{ "did not find expected '-' indicator",
		  "; indent the line as its neighbours" },
		{ "could not find expected ':'", "; write ': ' after a key" },
		{ "found character that cannot start any token",
		  "; put a value that begins with this character in quotes" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hints); i++)
		if (streq(problem, hints[i].problem))
			return hints[i].hint;
	return "";
}

/* A line of the text. */
struct line {
	const char *text;
	size_t len;
	struct src_pos pos; /* without a column */
};

/* Report a key without a space after its colon, as in `name:rd0`. Return: true if found. */
static bool report_glued_key(struct diag *diag, const struct line *line)
{
	size_t start = strspn(line->text, " -"), end = start;
	struct src_pos pos = line->pos;
	char key[32];

	while (end < line->len &&
	       (isalnum((unsigned char)line->text[end]) || line->text[end] == '_'))
		end++;
	if (end == start || end - start >= sizeof(key) || end + 1 >= line->len ||
	    line->text[end] != ':' || strchr(" \t/", line->text[end + 1]))
		return false;
	memcpy(key, line->text + start, end - start);
	key[end - start] = '\0';
	pos.column = (unsigned int)end + 2;
	(mask_is_secret_name(key) ? diag_add_concealed : diag_add)(
		diag, pos, "not valid YAML: write a space after '%s:'", key);
	return true;
}

/* Report a space that YAML takes for a letter. Return: true if found. */
static bool report_hard_space(struct diag *diag, const struct line *line)
{
	const char *space = memmem(line->text, line->len, "\xc2\xa0", 2);
	struct src_pos pos = line->pos;

	if (!space)
		return false;
	pos.column =
		(unsigned int)utf8_count(line->text, (size_t)(space - line->text)) + 1;
	diag_add(diag, pos,
		 "not valid YAML: unexpected no-break space (U+00A0); write a space");
	return true;
}

/* A line that libyaml reads as one word makes the next line wrong. Look at both. */
bool yaml_report_cause(struct diag *diag, const char *problem, struct src_pos pos)
{
	if (!streq(problem, "mapping values are not allowed in this context") &&
	    !streq(problem, "could not find expected ':'") &&
	    !streq(problem, "did not find expected key"))
		return false;
	pos.column = 0;
	for (unsigned int back = 0; back < 2 && pos.line > 0; back++, pos.line--) {
		struct line line = { .pos = pos };

		line.text = diag_line(diag, pos, &line.len);
		if (line.text &&
		    (report_hard_space(diag, &line) || report_glued_key(diag, &line)))
			return true;
	}
	return false;
}
