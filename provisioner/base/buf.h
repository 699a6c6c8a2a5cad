/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string that grows. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All zeroes is an empty buffer. After an append without memory, @failed is set and later
 * appends do nothing, so that callers check once, at the end.
 */
struct buf {
	char *data; /* NUL-terminated; NULL before the first append */
	size_t len, room;
	bool failed;
};

void buf_add(struct buf *buf, const char *text);
void buf_add_bytes(struct buf *buf, const char *bytes, size_t len);
/* buf_add_choice() - Append the words of a NULL-terminated array: "a, b or c". */
void buf_add_choice(struct buf *buf, const char *const *words);
void buf_add_u64(struct buf *buf, uint64_t value); /* decimal */
void buf_addf(struct buf *buf, const char *fmt, ...) _printf_(2, 3);

/*
 * buf_take() - Move the text to the caller.
 * Return: 0, and *ret is the caller's to free (an empty buffer gives ""); -ENOMEM if any
 * append failed, and the buffer is then empty.
 */
int buf_take(struct buf *buf, char **ret) _must_check_;

/* buf_done() - Free the contents. The buffer is empty and can be used again. */
void buf_done(struct buf *buf);
