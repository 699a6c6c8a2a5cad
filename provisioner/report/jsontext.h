/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers around jansson for everything that writes or reads JSON. */
#pragma once

#include "base/buf.h"
#include "base/cleanup.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

static inline void cleanup_json(json_t **json)
{
	json_decref(*json);
}

#define _cleanup_json_ _cleanup_(cleanup_json)

/* In place of a text that is no UTF-8. */
#define JSON_NOT_UTF8 "(not UTF-8)"

/*
 * json_text() - Return @text as a JSON string, NULL as null. Text from the kernel may be any
 * bytes; jansson refuses bytes that are no UTF-8, so a fixed text replaces them.
 */
static inline json_t *json_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	return value ? value : json_string(JSON_NOT_UTF8);
}

/* json_u64() - Return @value as a JSON number. jansson's numbers are signed: clamp to them. */
static inline json_t *json_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* json_add() - Append @item, and take it over. On failure free *list and set it to NULL. */
static inline void json_add(json_t **list, json_t *item)
{
	if (json_array_append_new(*list, item) < 0) {
		json_decref(*list);
		*list = NULL;
	}
}

/*
 * json_take_text() - Print @json, indented or in one line, with a newline at its end, and
 * free @json. Return: 0 and *ret, the caller's to free; -ENOMEM, also if @json is NULL.
 */
int json_take_text(json_t *json, bool is_compact, char **ret);

/* --- without a tree, for answers that are asked often; as jansson prints them --- */

/* json_add_text() - Append what json_text() stands for. */
void json_add_text(struct buf *out, const char *text);

/* json_add_u64() - Append what json_u64() stands for. */
void json_add_u64(struct buf *out, uint64_t value);

/*
 * json_add_name() - Append @before ("{" or ", ") and the name of a member, which is one of
 * this program's: letters and underscores.
 */
void json_add_name(struct buf *out, const char *before, const char *name);

/* json_add_tree() - Append any value, in one line, and take it over. NULL: no memory. */
void json_add_tree(struct buf *out, json_t *json);
