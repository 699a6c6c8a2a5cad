/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root of a program, and how a path is opened below it. */
#include "sys/kfs_root.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int kfs_init(struct kfs *kfs, const char *root, struct fault *fault)
{
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*kfs = (struct kfs){
		.root_fd = fd,
		.is_sysroot = !streq(root, "/"),
		.fault = fault,
	};
	return 0;
}

void kfs_done(struct kfs *kfs)
{
	if (kfs->root_fd >= 0)
		close(kfs->root_fd);
	kfs->root_fd = -1;
}

int kfs_format_path(char path[static PATH_MAX], const char *fmt, va_list args)
{
	int len = vsnprintf(path, PATH_MAX, fmt, args);

	return len < 0 || len >= PATH_MAX ? -ENAMETOOLONG : 0;
}

const char *kfs_last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Resolve links inside the root. EAGAIN: a rename raced with that, see openat2(2). */
static int open_in_root(const struct kfs *kfs, int flags, const char *path)
{
	struct open_how how = {
		.flags = (uint64_t)flags,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd;

	do {
		fd = syscall(SYS_openat2, kfs->root_fd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return (int)fd;
}

int kfs_open_path(const struct kfs *kfs, int flags, const char *path)
{
	int fd;

	flags |= O_CLOEXEC;
	fd = kfs->is_sysroot ? open_in_root(kfs, flags, path) : -1;
	/* valgrind and old sandboxes lack openat2(2), which the real root does not need. */
	if (!kfs->is_sysroot || (fd < 0 && errno == ENOSYS))
		fd = openat(kfs->root_fd, path, flags);
	return fd < 0 ? -errno : fd;
}
