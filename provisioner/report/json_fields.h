/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of an object as JSON, by their types. */
#pragma once

#include "model/object.h"
#include "report/jsontext.h"

/* json_field() - Convert the value of a field that is set. Return: NULL: no memory. */
json_t *json_field(const struct obj *obj, unsigned int index);

/*
 * json_fields() - Add each field of @obj that is set to @json, and take @json over.
 * Return: @json; NULL: no memory.
 */
json_t *json_fields(const struct obj *obj, json_t *json);
