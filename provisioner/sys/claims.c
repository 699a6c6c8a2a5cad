/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read and write the claims in /run/rapiddisk/owned. */
#include "sys/claims.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "sys/rundir.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define DIRECTORY "owned"

int claims_load(const struct kfs *kfs, struct claims *ret)
{
	return kfs_list_sorted(kfs, &ret->files, RUNDIR "/" DIRECTORY);
}

void claims_done(struct claims *claims)
{
	kfs_names_done(&claims->files);
}

/* Neither part has a slash: @kind is a constant, and @name the name of a directory. */
static char *file_name(const char *kind, const char *name)
{
	char *text;

	return str_format(&text, "%s:%s", kind, name) < 0 ? NULL : text;
}

bool claims_have(const struct claims *claims, const char *kind, const char *name)
{
	_cleanup_free_ char *file = file_name(kind, name);

	/* Without memory an object counts as foreign, and is not touched. */
	return file && kfs_names_have(&claims->files, file);
}

int claims_inode(const struct kfs *kfs, const struct claims *claims, const char *kind,
		 const char *name, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	int r;

	if (!claims_have(claims, kind, name))
		return -ENOENT;
	r = kfs_read(kfs, &text, RUNDIR "/" DIRECTORY "/%s:%s", kind, name);
	if (r < 0)
		return r;
	if (text[0] == '\0') {
		*ret = 0;
		return 0;
	}
	return units_parse_uint(text, ret) < 0 ? -EBADMSG : 0;
}

/* Open the directory, and create it if needed. Return: fd; -errno. */
static int open_directory(const struct kfs *kfs)
{
	int fd = kfs_open(kfs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, RUNDIR "/" DIRECTORY);
	_cleanup_close_ int run = -1;
	int r;

	if (fd != -ENOENT)
		return fd;
	run = rundir_open(kfs);
	if (run < 0)
		return run;
	fd = openat(run, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 || errno != ENOENT)
		return fd < 0 ? -errno : fd;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	if (mkdirat(run, DIRECTORY, 0755) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(run, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int claims_add(const struct kfs *kfs, const char *kind, const char *name)
{
	_cleanup_free_ char *file = file_name(kind, name);
	_cleanup_close_ int directory = -1, fd = -1;
	int r;

	if (!file)
		return -ENOMEM;
	directory = open_directory(kfs);
	if (directory < 0)
		return directory;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	fd = openat(directory, file,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 ? -errno : 0;
}

int claims_note_inode(const struct kfs *kfs, const char *kind, const char *name,
		      uint64_t inode)
{
	_cleanup_close_ int fd = kfs_open(kfs, O_WRONLY | O_NOFOLLOW,
					  RUNDIR "/" DIRECTORY "/%s:%s", kind, name);
	char text[21];
	int len = snprintf(text, sizeof(text), "%" PRIu64, inode), r;
	ssize_t n;

	if (fd < 0)
		return fd;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	n = write(fd, text, (size_t)len);
	return n < 0 ? -errno : n == len ? 0 : -EIO;
}

int claims_drop(const struct kfs *kfs, const char *kind, const char *name)
{
	_cleanup_free_ char *file = file_name(kind, name);
	_cleanup_close_ int directory = -1;
	int r;

	if (!file)
		return -ENOMEM;
	directory = kfs_open(kfs, O_RDONLY | O_DIRECTORY, RUNDIR "/" DIRECTORY);
	if (directory < 0)
		return directory == -ENOENT ? 0 : directory;
	if (faccessat(directory, file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	return unlinkat(directory, file, 0) < 0 && errno != ENOENT ? -errno : 0;
}
