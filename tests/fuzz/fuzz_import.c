/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libFuzzer: import any bytes as a file of nvmetcli. */
#include "import_property.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *error = import_property_check((const char *)data, size);

	if (error) {
		fprintf(stderr, "property violated: %s\n", error);
		abort();
	}
	return 0;
}
