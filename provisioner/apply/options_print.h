/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, written for people and for scripts. */
#pragma once

#include <stdio.h>

void options_print_help(FILE *out);

/*
 * options_to_json() - Write the rows as JSON: an array of groups with their options.
 * scripts/man-options makes the list of rapiddisk-apply(8) from it.
 * Return: 0 and *ret, the caller's to free; -ENOMEM.
 */
int options_to_json(char **ret);
