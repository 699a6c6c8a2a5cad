/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer: parse any bytes as a configuration, with the real classes and those of the unit
 * tests.
 */
#include "kind/kinds.h"
#include "property.h"
#include "unit/fake_class.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CLASSES_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct obj_class *classes[CLASSES_MAX];
	const char *error;
	size_t count = 0;

	for (size_t i = 0; kind_classes[i] && count < CLASSES_MAX - 1; i++)
		classes[count++] = kind_classes[i];
	for (size_t i = 0; fake_classes[i] && count < CLASSES_MAX - 1; i++)
		classes[count++] = fake_classes[i];
	error = property_check((const char *)data, size, classes);
	if (error) {
		fprintf(stderr, "property violated: %s\n", error);
		abort();
	}
	return 0;
}
