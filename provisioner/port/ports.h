/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All ways out of the program, built once by main() and handed down. */
#pragma once

#include "base/fault.h"
#include "port/kfs.h"

#include <stdint.h>

struct ports {
	struct kfs kfs;
	struct fault fault;

	/* kmod_load(), or a test's fake. A sysroot has no kernel to load into: NULL. */
	int (*load_module)(const char *name, struct fault *fault);

	uint64_t deadline_ms; /* on clock_now_ms(): the end of all waiting */
};
