/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/udev_rules.h"

#include "base/cleanup.h"
#include "base/fault.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* udevd reads files with the suffix .rules alone. The lock of a run is held. */
#define TEMPORARY "99-zz-rapiddisk-late.new"

static bool are_same(const struct kfs *kfs, const char *text)
{
	_cleanup_free_ char *now = NULL;
	size_t len;

	if (kfs_read(kfs, &now, UDEV_RULES_LATE) < 0)
		return !text;
	len = strlen(now);
	return text && strncmp(text, now, len) == 0 &&
	       (text[len] == '\0' || (text[len] == '\n' && text[len + 1] == '\0'));
}

/* Open the directory of the rules, and create it if needed. Return: fd; -errno. */
static int open_dir(const struct kfs *kfs)
{
	int fd = kfs_open(kfs, O_RDONLY | O_DIRECTORY, "run/udev/rules.d");
	_cleanup_close_ int udev = -1;

	if (fd != -ENOENT)
		return fd;
	udev = kfs_open(kfs, O_RDONLY | O_DIRECTORY, "run/udev");
	if (udev < 0)
		return udev;
	if (mkdirat(udev, "rules.d", 0755) < 0 && errno != EEXIST)
		return -errno;
	return kfs_open(kfs, O_RDONLY | O_DIRECTORY, "run/udev/rules.d");
}

static int write_temporary(int dir, const char *text)
{
	_cleanup_close_ int fd =
		openat(dir, TEMPORARY,
		       O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	n = write(fd, text, len);
	/* /run is a tmpfs, which takes a part only if it is full. */
	return n < 0 ? -errno : (size_t)n < len ? -ENOSPC : 0;
}

static int replace(int dir, const char *text)
{
	const char *name = strrchr(UDEV_RULES_LATE, '/') + 1;
	int r = text ? write_temporary(dir, text) : 0;

	if (r == 0 && text)
		r = renameat(dir, TEMPORARY, dir, name) < 0 ? -errno : 0;
	else if (r == 0)
		r = unlinkat(dir, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	if (r < 0)
		(void)unlinkat(dir, TEMPORARY, 0); /* the first error counts */
	return r;
}

int udev_rules_write(const struct kfs *kfs, const char *text)
{
	_cleanup_close_ int dir = -1;
	int r;

	if (!kfs_exists(kfs, "run/udev/control") || are_same(kfs, text))
		return 0;
	r = fault_point(kfs->fault);
	if (r < 0)
		return r;
	dir = open_dir(kfs);
	r = dir < 0 ? dir : replace(dir, text);
	return r < 0 ? r : 1;
}

/* libudev has no function for this. */
int udev_rules_reload(void)
{
	static const char path[] = "/usr/bin/udevadm";
	char *const arguments[] = { (char[]){ "udevadm" }, (char[]){ "control" },
				    (char[]){ "--reload" }, (char[]){ "--timeout=3" },
				    NULL };
	char *const environment[] = { NULL };
	pid_t pid;
	int status, r = posix_spawn(&pid, path, NULL, NULL, arguments, environment);

	if (r != 0)
		return -r;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}
