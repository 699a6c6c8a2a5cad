/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules that hold for any bytes. The fuzzer and the unit tests, which replay the seeds, share the
 * functions. Each returns NULL, or the rule that does not hold, static text.
 */
#pragma once

#include <stddef.h>

#define PROPERTY(name) const char *name##_property_check(const char *bytes, size_t len);
#include "fuzz/properties.h"
#undef PROPERTY
