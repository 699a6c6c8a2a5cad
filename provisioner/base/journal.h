/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The native protocol of the journal (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram of
 * fields for each message. The socket is a Unix socket, never a network socket.
 */
#pragma once

#include <stdbool.h>

struct journal_field {
	const char *name; /* NULL ends a list */
	const char *value;
};

/*
 * journal_is_stream() - True if @fd is the stream of the journal that @stream names, the value
 * of $JOURNAL_STREAM ("DEVICE:INODE", systemd.exec(5)). @stream may be NULL.
 */
bool journal_is_stream(int fd, const char *stream);

/*
 * journal_encode() - Encode fields as a datagram. Return: 0 and *ret, the caller's to free;
 * -ENOMEM.
 */
struct buf;
int journal_encode(const struct journal_field *fields, struct buf *ret);

/*
 * journal_send() - Send fields to the journal. Does not block.
 * Return: 0; -errno, as where seccomp denies the socket or the message is too large.
 */
int journal_send(const struct journal_field *fields);
