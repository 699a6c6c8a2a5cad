/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/similar.h"

#include "base/macro.h"
#include "unit.h"

#include <limits.h>

static const struct {
	const char *a, *b;
	unsigned int distance;
	bool typo;
} rows[] = {
	{ "size", "size", 0, true },
	{ "Size", "size", 0, true },
	{ "sise", "size", 1, true },
	{ "sie", "size", 1, true },
	{ "siize", "size", 1, true },
	{ "isze", "size", 1, true },
	{ "", "size", 4, false },
	{ "colour", "size", 6, false },
	{ "preallocated", "preallocate", 1, true },
	{ "a-word-that-is-longer-than-any-key", "size", UINT_MAX, false },
};

START_TEST(similar_distance_counts_slips_of_the_hand)
{
	unsigned int distance = similar_distance(rows[_i].a, rows[_i].b);

	ck_assert_msg(distance == rows[_i].distance, "'%s', '%s': %u", rows[_i].a,
		      rows[_i].b, distance);
	ck_assert_msg(similar_is_typo(rows[_i].a, distance) == rows[_i].typo,
		      "'%s', '%s'", rows[_i].a, rows[_i].b);
}
END_TEST

Suite *suite_similar(void)
{
	Suite *suite = suite_create("similar");

	unit_add_loop(suite, similar_distance_counts_slips_of_the_hand, ARRAY_SIZE(rows));
	return suite;
}
