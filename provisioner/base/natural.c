/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compare names with the numbers in them by value. */
#include "base/natural.h"

#include <stdbool.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Compare the numbers at the start of *a and *b and move both pointers past them. Without
 * leading zeroes, the number with more digits is larger; with equally many, the first digit
 * that differs decides.
 */
static int compare_numbers(const char **a, const char **b)
{
	int differ = 0;

	while (**a == '0')
		(*a)++;
	while (**b == '0')
		(*b)++;
	for (; is_digit(**a) && is_digit(**b); (*a)++, (*b)++)
		if (differ == 0)
			differ = **a - **b;
	if (is_digit(**a) || is_digit(**b))
		return is_digit(**a) ? 1 : -1;
	return differ;
}

int natural_compare(const char *a, const char *b)
{
	const char *x = a, *y = b;

	while (*x && *y) {
		int r;

		if (is_digit(*x) && is_digit(*y)) {
			r = compare_numbers(&x, &y);
		} else {
			r = (unsigned char)*x - (unsigned char)*y;
			x++;
			y++;
		}
		if (r != 0)
			return r;
	}
	if (*x || *y)
		return *x ? 1 : -1;
	/* rd1 and rd01 are two names. */
	return strcmp(a, b);
}
