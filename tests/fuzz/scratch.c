/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz/scratch.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static char *root;
static pid_t owner;

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	_exit(EXIT_FAILURE);
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void scratch_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A process that was forked has the directory of its parent. */
static void remove_root(void)
{
	if (getpid() == owner)
		scratch_remove_tree(root);
	free(root);
}

const char *scratch_root(void)
{
	const char *parent = getenv("TMPDIR");

	if (root)
		return root;
	need(str_format(&root, "%s/rapiddisk-fuzz-XXXXXX", parent ? parent : "/tmp") == 0,
	     "memory");
	need(mkdtemp(root) != NULL, root);
	owner = getpid();
	need(atexit(remove_root) == 0, "atexit");
	return root;
}

/* Return: the whole path, whose directories exist; the caller's to free. */
static char *make_path(const char *path)
{
	char *whole;

	need(str_format(&whole, "%s/%s", scratch_root(), path) == 0, "memory");
	if (faccessat(AT_FDCWD, whole, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return whole;
	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		need(mkdir(whole, 0755) == 0 || errno == EEXIST, whole);
		*slash = '/';
	}
	return whole;
}

void scratch_put(const char *path, const char *bytes, size_t len)
{
	_cleanup_free_ char *whole = make_path(path);
	_cleanup_close_ int fd =
		open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	need(fd >= 0 && write(fd, bytes, len) == (ssize_t)len, whole);
}

void scratch_text(const char *path, const char *text)
{
	scratch_put(path, text, strlen(text));
}

void scratch_link(const char *path, const char *target)
{
	_cleanup_free_ char *whole = make_path(path);

	need(symlink(target, whole) == 0 || errno == EEXIST, whole);
}

void scratch_remove(const char *path)
{
	_cleanup_free_ char *whole = NULL;

	need(str_format(&whole, "%s/%s", scratch_root(), path) == 0, "memory");
	scratch_remove_tree(whole);
}

struct part part_next(struct part *rest)
{
	const char *end = rest->len ? memchr(rest->bytes, '\f', rest->len) : NULL;
	struct part part = *rest;

	if (!end) {
		rest->bytes += rest->len;
		rest->len = 0;
		return part;
	}
	part.len = (size_t)(end - rest->bytes);
	rest->bytes = end + 1;
	rest->len -= part.len + 1;
	return part;
}

char *part_text(struct part part)
{
	char *text = strndup(part.bytes, part.len);

	need(text != NULL, "memory");
	return text;
}
