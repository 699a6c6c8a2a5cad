/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Append to a string. A failure to allocate is kept until buf_take() reports it. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Make room for @len more bytes and the NUL. */
static bool buf_grow(struct buf *buf, size_t len)
{
	size_t need, room;
	char *grown;

	if (buf->failed)
		return false;
	if (__builtin_add_overflow(buf->len, len, &need) || need >= SIZE_MAX / 2) {
		buf->failed = true;
		return false;
	}
	need++;
	if (buf->data && need <= buf->room)
		return true;
	room = buf->room ? buf->room : 64;
	while (room < need)
		room *= 2;
	grown = realloc(buf->data, room);
	if (!grown) {
		buf->failed = true;
		return false;
	}
	buf->data = grown;
	buf->room = room;
	return true;
}

void buf_add_bytes(struct buf *buf, const char *bytes, size_t len)
{
	if (!buf_grow(buf, len))
		return;
	if (len)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add(struct buf *buf, const char *text)
{
	buf_add_bytes(buf, text, strlen(text));
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + value % 10);
	while (value /= 10);
	buf_add_bytes(buf, first, (size_t)(digits + sizeof(digits) - first));
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if (!buf_grow(buf, (size_t)len))
		return;
	va_start(args, fmt);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)len;
}

void buf_add_choice(struct buf *buf, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		if (i > 0)
			buf_add(buf, words[i + 1] ? ", " : " or ");
		buf_add(buf, words[i]);
	}
}

int buf_take(struct buf *buf, char **ret)
{
	if (!buf->data)
		buf_add(buf, "");
	if (buf->failed) {
		buf_done(buf);
		return -ENOMEM;
	}
	*ret = realloc(buf->data, buf->len + 1);
	if (!*ret)
		*ret = buf->data;
	*buf = (struct buf){ 0 };
	return 0;
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}
