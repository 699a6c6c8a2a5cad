/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences that kinds put into objects and reports. */
#pragma once

#include "base/buf.h"
#include "model/object.h"

/*
 * kind_set_unmet() - Set the sentence why @want cannot be created now. Return: 0 or
 * -ENOMEM.
 */
int kind_set_unmet(struct obj *want, const char *fmt, ...) _printf_(2, 3);

/*
 * kind_fail() - Append "<what>: <errno text>" and the remedy @hint, or NULL. Return:
 * @error.
 */
int kind_fail(struct buf *why, int error, const char *hint, const char *what, ...)
	_printf_(4, 5);
