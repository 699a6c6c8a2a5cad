/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The distance between two words, for "did you mean". */
#pragma once

#include <stdbool.h>

/*
 * similar_distance() - Count the insertions, deletions, replacements and swaps of neighbours
 * that turn @a into @b, without regard to case.
 * Return: UINT_MAX if a word is longer than any key.
 */
unsigned int similar_distance(const char *a, const char *b);

/*
 * similar_is_typo() - True if @distance is small enough for a misspelling of @word.
 */
bool similar_is_typo(const char *word, unsigned int distance);
