/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/journal.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/macro.h"

#include <endian.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#define SOCKET_PATH "/run/systemd/journal/socket"

bool journal_is_stream(int fd, const char *stream)
{
	unsigned long long device, inode;
	struct stat st;
	char end;

	return stream && sscanf(stream, "%llu:%llu%c", &device, &inode, &end) == 2 &&
	       fstat(fd, &st) == 0 && st.st_dev == (dev_t)device &&
	       st.st_ino == (ino_t)inode;
}

/* A value with a newline follows its length, in 64 bits, least significant byte first. */
static void add_field(struct buf *buf, const struct journal_field *field)
{
	size_t len = strlen(field->value);
	uint64_t le_len = htole64(len);

	buf_add(buf, field->name);
	if (memchr(field->value, '\n', len)) {
		buf_add(buf, "\n");
		buf_add_bytes(buf, (const char *)&le_len, sizeof(le_len));
	} else {
		buf_add(buf, "=");
	}
	buf_add_bytes(buf, field->value, len);
	buf_add(buf, "\n");
}

int journal_encode(const struct journal_field *fields, struct buf *ret)
{
	struct buf buf = { 0 };

	for (; fields->name; fields++)
		if (fields->value)
			add_field(&buf, fields);
	if (buf.failed) {
		buf_done(&buf);
		return -ENOMEM;
	}
	*ret = buf;
	return 0;
}

int journal_send(const struct journal_field *fields)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
						    .sun_path = SOCKET_PATH };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	_cleanup_(buf_done) struct buf buf = { 0 };
	int r;

	if (fd < 0)
		return -errno;
	r = journal_encode(fields, &buf);
	if (r < 0)
		return r;
	if (sendto(fd, buf.data, buf.len, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	return 0;
}
