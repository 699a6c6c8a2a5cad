/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The value of a field as a number and as a label, for Prometheus. */
#pragma once

#include "model/class.h"

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
