/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A string that grows. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * All zeroes is an empty buffer. An append that finds no memory is remembered in @failed
 * and makes the later ones do nothing, so that only the end has to be checked.
 */
struct buf {
	char *data; /* NUL-terminated once anything was added; NULL before */
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
 * buf_take() - Hand the text over.
 * Return: 0, and *ret is the caller's to free (an empty buffer gives ""); -ENOMEM if any
 * append failed, and the buffer is then empty.
 */
int buf_take(struct buf *buf, char **ret) _must_check_;

/* Frees the contents; the buffer is empty and can be used again. */
void buf_done(struct buf *buf);
