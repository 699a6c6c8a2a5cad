/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: any bytes as the text of a tree. */
#include "fuzz/tree_property.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = tree_property_check((const char *)data, size);

	if (broken) {
		fprintf(stderr, "property violated: %s\n", broken);
		abort();
	}
	return 0;
}
