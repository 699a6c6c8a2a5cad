/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of sysfs, configfs and block devices, each of which changes the kernel. */
#pragma once

#include "sys/kfs_root.h"

#include <sys/types.h>

/*
 * kfs_write() - Write @value by one write(2), as kernel attributes require. If the kernel
 * refuses the value, the errno of write(2) is returned. May sleep in the kernel. Never
 * creates a file. Return: 0; -EIO: the kernel took only a part; -errno.
 */
int kfs_write(const struct kfs *kfs, const char *value, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_chmod() - Change the mode of a file, as fchmod(2). configfs keeps the mode as long as
 * the object exists. Return: 0 or -errno.
 */
int kfs_chmod(const struct kfs *kfs, mode_t mode, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_mkdir(), kfs_rmdir(), kfs_unlink() - As mkdir(2), rmdir(2) and unlink(2). In configfs
 * they create, remove and unlink kernel objects. The parent directory must exist.
 * Return: 0 or -errno.
 */
int kfs_mkdir(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);
int kfs_rmdir(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);
int kfs_unlink(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);

/*
 * kfs_symlink() - Create a link to @target, which is relative to the root, as is the path of
 * the link. configfs resolves the target during symlink(2), so @target must exist.
 * Return: 0 or -errno.
 */
int kfs_symlink(const struct kfs *kfs, const char *target, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_set_read_only() - Call BLKROSET on the block device at @path.
 * Return: 0 or -errno.
 */
int kfs_set_read_only(const struct kfs *kfs, bool read_only, const char *path);
