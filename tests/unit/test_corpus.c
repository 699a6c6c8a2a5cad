/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the seeds of the fuzzer, and what it found, without a fuzzer. */
#include "fake_class.h"
#include "fuzz/property.h"
#include "kind/kinds.h"
#include "unit.h"

#define CORPUS "tests/fuzz/corpus/*"

static const char *check_real(const char *text, size_t len)
{
	return property_check(text, len, kind_classes);
}

static const char *check_fake(const char *text, size_t len)
{
	return property_check(text, len, fake_classes);
}

START_TEST(corpus_holds_with_the_real_classes)
{
	unit_corpus(CORPUS, check_real);
}
END_TEST

START_TEST(corpus_holds_with_classes_of_every_field_type)
{
	unit_corpus(CORPUS, check_fake);
}
END_TEST

Suite *suite_corpus(void)
{
	return unit_suite("corpus", corpus_holds_with_the_real_classes,
			  corpus_holds_with_classes_of_every_field_type, NULL);
}
