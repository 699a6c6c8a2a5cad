/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time. */
#pragma once

#include <stdint.h>

/* clock_now_ms() - Milliseconds of the boot's steady clock. */
uint64_t clock_now_ms(void);

/* clock_sleep_ms() - Sleep; a signal may end it early. */
void clock_sleep_ms(uint64_t ms);

/* With the year 9999: "9999-12-31T23:59:59.999Z" and NUL. */
#define CLOCK_TEXT_MAX 32

/* clock_format_now() - Wall-clock time as RFC 3339 in UTC, with milliseconds. */
char *clock_format_now(char text[static CLOCK_TEXT_MAX]);
