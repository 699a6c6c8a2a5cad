/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of options: one row per option. The parser, --help, the list in
 * rapiddisk-apply(8) and the checks of which options go together read the rows.
 */
#pragma once

#include "apply/options.h"

#include <stddef.h>

/* --help and the man page list the groups in this order. */
enum option_group {
	GROUP_MODE,
	GROUP_RUN,
	GROUP_OUTPUT,
	GROUP_TESTS,
	GROUP_COUNT_,
};

struct option_row {
	const char *name; /* without the dashes */
	char letter;	  /* 0: no short form */
	enum option_group group;
	const char *argument;	  /* its name in --help; NULL: the option takes none */
	const char *const *words; /* the accepted arguments, NULL-terminated; NULL: set()
				   * decides */
	const char *expects; /* without words: the accepted arguments, for the error */
	const char *value;   /* the default argument; NULL: no default */
	const char *help;    /* one imperative sentence, without its full stop */
	const char *more;    /* further sentences, for the man page alone; `x` is bold */

	/* Store the option in @o; NULL: an option that only selects a mode.
	 * Return: 0; -EINVAL if @argument is not acceptable. */
	int (*set)(const struct option_row *row, struct options *o, const char *argument);
	size_t member;	      /* offset in struct options, for set() */
	enum apply_mode mode; /* the mode that the option selects; MODE_APPLY: no mode */

	unsigned int modes;  /* the modes that it goes with, as bits; 0: all modes */
	const char *with;    /* an option that has to be given too */
	const char *without; /* an option that must not be given too */
	const char *implied; /* an option that is set too */
};

/* Terminated by a row without a name. */
extern const struct option_row option_rows[];
extern const char *const option_group_titles[GROUP_COUNT_];
