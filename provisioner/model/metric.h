/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A field as a metric: its name for Prometheus, and its value as a number. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct obj;

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

struct metric {
	const char *name; /* without "rapiddisk_" in front; NULL: there is no metric */
	enum metric_type type;
	const char *help; /* a sentence without its full stop; NULL: .doc of the field */
};

/*
 * metric_value() - Return the value of the field of index @index as a number: bytes of a
 * size, 0 or 1 of a boolean, the index of a word, the length of a list. An object of a list
 * counts unless obj_is_off(), and an unset list has length 0.
 * Return: false if the field is not set, or is text.
 */
bool metric_value(const struct obj *obj, unsigned int index, uint64_t *ret);

/*
 * metric_label() - Return the value of a string, a device or a word, as a label has it: a
 * device by the kernel's name, without /dev/ in front; "unknown" for a word that is not set,
 * and "" for the others.
 */
const char *metric_label(const struct obj *obj, unsigned int index);
