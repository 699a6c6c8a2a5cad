/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks of the machine. */
#pragma once

#include <stdint.h>

/* clock_now_ms() - Return CLOCK_BOOTTIME in milliseconds. */
uint64_t clock_now_ms(void);

/* clock_sleep_ms() - Sleep for @ms, or until a signal. */
void clock_sleep_ms(uint64_t ms);

/* Longest text of clock_format_now(), with its NUL. */
#define CLOCK_TEXT_MAX 32

/* clock_format_now() - Write the time as RFC 3339 in UTC: "2026-11-28T03:41:03.042Z". */
char *clock_format_now(char text[static CLOCK_TEXT_MAX]);
