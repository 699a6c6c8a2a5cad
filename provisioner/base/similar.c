/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measure the distance of two words, and decide whether one is a typo. */
#include "base/similar.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

#define WORD_MAX 31

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

unsigned int similar_distance(const char *a, const char *b)
{
	/* cost[i][j]: from the first i characters of @a to the first j of @b. */
	unsigned int cost[WORD_MAX + 1][WORD_MAX + 1];
	size_t a_len = strnlen(a, WORD_MAX + 1), b_len = strnlen(b, WORD_MAX + 1);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return UINT_MAX;
	for (unsigned int i = 0; i <= a_len; i++)
		cost[i][0] = i;
	for (unsigned int j = 0; j <= b_len; j++)
		cost[0][j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		for (unsigned int j = 1; j <= b_len; j++) {
			bool same = lower(a[i - 1]) == lower(b[j - 1]);
			unsigned int best = cost[i - 1][j - 1] + (same ? 0 : 1);

			best = least(best, cost[i - 1][j] + 1);
			best = least(best, cost[i][j - 1] + 1);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				best = least(best, cost[i - 2][j - 2] + 1);
			cost[i][j] = best;
		}
	}
	return cost[a_len][b_len];
}

bool similar_is_typo(const char *word, unsigned int distance)
{
	size_t len = strnlen(word, WORD_MAX);

	return distance <= (len < 4 ? 1u : len < 8 ? 2u : 3u);
}
