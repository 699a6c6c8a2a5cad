/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser of the command line. A row of option_rows.c describes each option. */
#pragma once

struct options;

/*
 * options_parse() - Parse the command line. The strings in @ret point into @argv.
 * Return: 0; -EINVAL after the error was written to stderr.
 */
int options_parse(struct options *ret, int argc, char **argv);
