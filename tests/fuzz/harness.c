/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: check one property with any bytes. CHECK is the name of its function. */
#include "fuzz/property.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *broken = CHECK((const char *)data, size);

	if (broken) {
		fprintf(stderr, "property violated: %s\n", broken);
		abort();
	}
	return 0;
}
