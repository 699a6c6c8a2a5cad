/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of rapiddisk-statusd. */
#pragma once

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

enum statusd_mode { STATUSD_SERVE, STATUSD_HELP, STATUSD_VERSION };

struct statusd_options {
	enum statusd_mode mode;
	VEC(const char *) listen; /* point into argv */
	VEC(const char *) names;  /* of this machine, for the Host header; into argv */
	const char *sysroot;	  /* "/" unless given */
	uint64_t idle_ms;	  /* exit after this time without a client; 0: never */
};

/*
 * statusd_options_parse() - Return: 0; -EINVAL after an error on stderr; -ENOMEM. Free with
 * statusd_options_done() in any case.
 */
int statusd_options_parse(struct statusd_options *ret, int argc, char **argv);
void statusd_options_done(struct statusd_options *options);
void statusd_options_print_help(void);
