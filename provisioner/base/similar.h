/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How alike two words are, for "did you mean". */
#pragma once

#include <stdbool.h>

/*
 * similar_distance() - How many characters have to be put in, left out, changed, or
 * swapped with their neighbour to make @b of @a. Case counts for nothing.
 * Return: UINT_MAX if either is longer than any key is.
 */
unsigned int similar_distance(const char *a, const char *b);

/*
 * similar_is_typo() - Is @distance small enough that @word was perhaps meant otherwise?
 */
bool similar_is_typo(const char *word, unsigned int distance);
