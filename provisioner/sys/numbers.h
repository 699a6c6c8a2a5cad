/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device numbers (dev_t), by which block devices are compared. */
#pragma once

#include "base/vec.h"

#include <stdint.h>

/* Longest text that numbers_format() writes, with its NUL. */
#define NUMBERS_TEXT_MAX 24

struct device_numbers {
	VEC(uint64_t) numbers;
};

void device_numbers_done(struct device_numbers *numbers);

/* numbers_format() - Write "8:1". Return: @text. */
char *numbers_format(uint64_t number, char text[static NUMBERS_TEXT_MAX]);
/* numbers_parse() - Read "8:1". Return: 0; -EBADMSG. *ret only set on 0. */
int numbers_parse(const char *text, uint64_t *ret);
