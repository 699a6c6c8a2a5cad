/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replays the seeds of the fuzzer, and what it found, without a fuzzer. */
#include "fake_class.h"
#include "fuzz/config_property.h"
#include "fuzz/property.h"
#include "kind/kinds.h"
#include "unit.h"

static const struct {
	const char *files;
	const char *(*check)(const char *bytes, size_t len);
} corpora[] = {
#define PROPERTY(name) { "tests/fuzz/corpus-" #name "/*", name##_property_check },
#include "fuzz/properties.h"
#undef PROPERTY
};

START_TEST(a_property_holds_for_its_corpus)
{
	unit_corpus(corpora[_i].files, corpora[_i].check);
}
END_TEST

#define CORPUS "tests/fuzz/corpus-config/*"

static const char *check_real(const char *text, size_t len)
{
	return config_property_check_classes(text, len, kind_classes);
}

static const char *check_fake(const char *text, size_t len)
{
	return config_property_check_classes(text, len, fake_classes);
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
	Suite *suite = unit_suite("corpus", corpus_holds_with_the_real_classes,
				  corpus_holds_with_classes_of_every_field_type, NULL);

	unit_add_loop(suite, a_property_holds_for_its_corpus, ARRAY_SIZE(corpora));
	return suite;
}
