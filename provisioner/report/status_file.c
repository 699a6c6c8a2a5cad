/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a file of the run directory atomically, and read it with a limit. */
#include "report/status_file.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/status_doc.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The lock is held, so the name needs no random part; what a killed run left is reused.
 */
#define TEMPORARY STATUS_FILE ".new"

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int write_temporary(int rundir_fd, const char *json)
{
	_cleanup_close_ int fd =
		openat(rundir_fd, TEMPORARY,
		       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r;

	if (fd < 0)
		return -errno;
	/* Whatever the umask is: the network programs have no privilege, and read it. */
	if (fchmod(fd, 0644) < 0)
		return -errno;
	r = write_all(fd, json, strlen(json));
	if (r < 0)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int status_file_write(int rundir_fd, const char *name, const char *json,
		      struct fault *fault)
{
	int r = fault_point(fault);

	if (r == 0)
		r = write_temporary(rundir_fd, json);
	if (r == 0)
		r = fault_point(fault);
	if (r == 0 && renameat(rundir_fd, TEMPORARY, rundir_fd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(rundir_fd, TEMPORARY,
			       0); /* the first error is the one that counts */
	return r;
}

static int read_all(int fd, struct buf *text)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (text->len + (size_t)n > STATUS_DOC_MAX)
			return -EFBIG;
		buf_add_bytes(text, chunk, (size_t)n);
	}
	return 0;
}

int status_file_read(int rundir_fd, const char *name, char **ret, size_t *ret_len)
{
	_cleanup_close_ int fd =
		openat(rundir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	_cleanup_(buf_done) struct buf text = { 0 };
	struct stat st;
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	r = read_all(fd, &text);
	if (r < 0)
		return r;
	len = text.len;
	r = buf_take(&text, ret);
	if (r == 0)
		*ret_len = len;
	return r;
}
