/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apply/private_file.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/random.h>
#include <sys/stat.h>

static int write_all(int fd, const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* A link or a device of another user must not get the text. */
static int check_target(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : S_ISLNK(st.st_mode) ? -ELOOP : -EEXIST;
}

/* Write a new file, and give it the name @name, which may be that of another file. */
static int write_file(int dir, const char *name, const char *text, size_t len)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	uint64_t random;
	int r;

	if (getrandom(&random, sizeof(random), 0) != sizeof(random))
		return -errno;
	r = str_format(&temporary, ".rapiddisk-capture.%016" PRIx64, random);
	if (r < 0)
		return r;
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r == 0 && renameat(dir, temporary, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0); /* the first error counts */
	return r;
}

int private_file_write(const char *path, const char *text, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	_cleanup_free_ char *parent = NULL;
	_cleanup_close_ int dir = -1;
	int r = str_format(&parent, "%.*s", slash ? (int)(name - path) : 1,
			   slash ? path : ".");

	if (r < 0)
		return r;
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	r = check_target(dir, name);
	return r < 0 ? r : write_file(dir, name, text, len);
}
