/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find the files that a target names, also credentials of systemd, and read the token. */
#include "push/files.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "model/status.h"
#include "push/payload.h"

#include <fcntl.h>
#include <sys/stat.h>

#define TOKEN_MAX (16u << 10)

static int resolve_path(const char *name, char **ret)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (name[0] == '/')
		return str_format(ret, "%s", name);
	return directory ? str_format(ret, "%s/%s", directory, name) : -ENOENT;
}

int files_find(const char *name, bool is_private, char **ret)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r = resolve_path(name, &path);

	if (r < 0)
		return r;
	if (stat(path, &st) < 0)
		return -errno;
	if (is_private && !status_is_private(&st))
		return -EPERM;
	*ret = TAKE_PTR(path);
	return 0;
}

static int read_token(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char text[TOKEN_MAX + 1];
	struct stat st;
	ssize_t n;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || !status_is_private(&st))
		return -EPERM;
	n = read(fd, text, TOKEN_MAX);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	r = payload_token(text, ret);
	explicit_bzero(text, sizeof(text));
	return r;
}

int files_read_token(const char *name, char **ret)
{
	_cleanup_free_ char *path = NULL;
	int r = resolve_path(name, &path);

	return r < 0 ? r : read_token(path, ret);
}

const char *files_problem(int error)
{
	return error == -EPERM	  ? "other users can read or change the file; run 'chown "
				    "root' and 'chmod g-w,o=' on the file"
	       : error == -EACCES ? "Permission denied; run 'chgrp " STATUS_PUSH_USER
				    "' and 'chmod 640' on the file"
	       : error == -EINVAL ? "the file holds no token"
				  : strerror(-error);
}
