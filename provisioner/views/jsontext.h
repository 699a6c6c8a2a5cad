/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of views/ share about jansson. */
#pragma once

#include "base/cleanup.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#define _cleanup_json_ _cleanup_(cleanup_json)

/* Text from the kernel may be anything; what is no UTF-8 would make jansson refuse. */
static inline json_t *json_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_string("(not UTF-8)");
}

/* jansson has signed numbers: what does not fit is not worth an overflow. */
static inline json_t *json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* json_add() - Take @item over; NULL, or no memory for it, makes *list NULL. */
static inline void json_add(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) < 0) {
		json_decref(*list);
		*list = NULL;
	}
}

/*
 * json_take_text() - Print @json, with indentation or in one line, and free it.
 * Return: 0 and *ret, the caller's to free; -ENOMEM, also where @json is NULL.
 */
int json_take_text(json_t *json, bool is_compact, char **ret);
