/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of kernel file systems. Each change passes a fault point first. */
#include "sys/kfs_change.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

/* Open before the fault point: a missing file is not an operation that can fail. */
static int open_to_change(const struct kfs *kfs, int flags, const char *path)
{
	_cleanup_close_ int fd = kfs_open_path(kfs, flags, path);
	int r;

	if (fd < 0)
		return TAKE_FD(fd);
	r = fault_point(kfs->fault);
	return r < 0 ? r : TAKE_FD(fd);
}

static int write_once(int fd, const char *value)
{
	size_t len = strlen(value);
	ssize_t n;

	/* An interrupted write has no effect: sysfs passes a value on as a whole. */
	do {
		n = write(fd, value, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int kfs_write(const struct kfs *kfs, const char *value, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);
	_cleanup_close_ int fd = r < 0 ? r : open_to_change(kfs, O_WRONLY, path);

	if (fd < 0)
		return fd;
	if (kfs->on_write)
		return kfs->on_write(kfs->hook_data, path, value);
	return write_once(fd, value);
}

int kfs_chmod(const struct kfs *kfs, mode_t mode, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);
	_cleanup_close_ int fd = r < 0 ? r : open_to_change(kfs, O_RDONLY, path);

	if (fd < 0)
		return fd;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

int kfs_set_read_only(const struct kfs *kfs, bool read_only, const char *path)
{
	int value = read_only;
	_cleanup_close_ int fd = open_to_change(kfs, O_RDONLY, path);

	if (fd < 0)
		return fd;
	if (kfs->on_set_read_only)
		return kfs->on_set_read_only(kfs->hook_data, path, read_only);
	return ioctl(fd, BLKROSET, &value) < 0 ? -errno : 0;
}

static int change_at(int dir_fd, enum kfs_change change, const char *path,
		     const char *target)
{
	_cleanup_free_ char *absolute = NULL;
	int r = 0;

	switch (change) {
	case KFS_MKDIR:
		r = mkdirat(dir_fd, path, 0755);
		break;
	case KFS_RMDIR:
		r = unlinkat(dir_fd, path, AT_REMOVEDIR);
		break;
	case KFS_UNLINK:
		r = unlinkat(dir_fd, path, 0);
		break;
	case KFS_SYMLINK:
		r = str_format(&absolute, "/%s", target);
		if (r < 0)
			return r;
		r = symlinkat(absolute, dir_fd, path);
		break;
	}
	return r < 0 ? -errno : 0;
}

/* Resolve the links of the parent directories inside the root. */
static int change_in_root(const struct kfs *kfs, enum kfs_change change, const char *path,
			  const char *target)
{
	const char *name = kfs_last_part(path);
	_cleanup_free_ char *parent = strndup(path, (size_t)(name - path));
	_cleanup_close_ int fd = -1;

	if (!parent)
		return -ENOMEM;
	fd = open_to_change(kfs, O_PATH | O_DIRECTORY, parent);
	if (fd < 0)
		return fd;
	if (kfs->on_change)
		return kfs->on_change(kfs->hook_data, change, path, target);
	return change_at(fd, change, name, target);
}

static int change_path(const struct kfs *kfs, enum kfs_change change, const char *path,
		       const char *target)
{
	int r;

	if (kfs->is_sysroot)
		return change_in_root(kfs, change, path, target);
	r = fault_point(kfs->fault);
	return r < 0 ? r : change_at(kfs->root_fd, change, path, target);
}

int kfs_mkdir(const struct kfs *kfs, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);

	return r < 0 ? r : change_path(kfs, KFS_MKDIR, path, NULL);
}

int kfs_rmdir(const struct kfs *kfs, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);

	return r < 0 ? r : change_path(kfs, KFS_RMDIR, path, NULL);
}

int kfs_unlink(const struct kfs *kfs, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);

	return r < 0 ? r : change_path(kfs, KFS_UNLINK, path, NULL);
}

int kfs_symlink(const struct kfs *kfs, const char *target, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);

	return r < 0 ? r : change_path(kfs, KFS_SYMLINK, path, target);
}
