/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel file systems (sysfs, configfs, procfs) and /dev below one root. */
#pragma once

#include "base/fault.h"
#include "base/macro.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Longest attribute that is read: what a kernel file gives beyond it is an error. */
#define KFS_READ_MAX (8u << 20)

/* What changes a folder: the operations of configfs. */
enum kfs_change { KFS_MKDIR, KFS_RMDIR, KFS_SYMLINK, KFS_UNLINK };

struct kfs {
	int root_fd;
	bool is_sysroot;     /* the root is another one than the process's */
	struct fault *fault; /* asked before each write; may be NULL */

	/*
	 * A fake kernel behind a tree of plain files (tests only, else NULL): called in
	 * the place of the write. Return: 0 or the negative errno that the writer shall
	 * see.
	 */
	int (*on_write)(void *data, const char *path, const char *value);
	/* The same for what changes a folder; @target: of KFS_SYMLINK, else NULL. */
	int (*on_change)(void *data, enum kfs_change change, const char *path,
			 const char *target);
	/* The same for BLKROSET. */
	int (*on_set_read_only)(void *data, const char *path, bool read_only);
	void *hook_data;
};

struct kfs_names {
	VEC(char *) names;
};

/*
 * kfs_init() - Open the root, "/" or the folder of a --sysroot.
 * Links are resolved inside the root, absolute ones too. Return: 0 or -errno.
 */
int kfs_init(struct kfs *kfs, const char *root, struct fault *fault);
void kfs_done(struct kfs *kfs);

/*
 * kfs_open() - @path is relative to the root, with no '/' in front. Return: fd or -errno.
 */
int kfs_open(const struct kfs *kfs, int flags, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_read() - The whole attribute, without the newline at its end.
 * Return: 0 and *ret, the caller's to free; -ENOENT if there is none; -EFBIG; -errno.
 */
int kfs_read(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);
int kfs_vread(const struct kfs *kfs, char **ret, const char *fmt, va_list args)
	_printf_(3, 0);

/* kfs_read_u64() - One decimal number. -EBADMSG if it is none. *ret only set on 0. */
int kfs_read_u64(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
	_printf_(3, 4);

/* kfs_exists() - Is there such a file or folder? Errors count as no. */
bool kfs_exists(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);

/*
 * kfs_write() - Write @value by one write(2), the way kernel attributes want it: the
 * errno of a refused value is that of write(2), and is what comes back. May sleep for as
 * long as the kernel takes. Never creates a file. Return: 0 or -errno (-EIO if it took
 * only a part).
 */
int kfs_write(const struct kfs *kfs, const char *value, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_inode() - The number of a folder's inode: of two folders that are there at once,
 * each has its own. Return: 0; -ENOENT; -errno.
 */
int kfs_inode(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_chmod() - Who may read and write a file, as fchmod(2). configfs keeps it as long as
 * the object is there. Return: 0 or -errno.
 */
int kfs_chmod(const struct kfs *kfs, mode_t mode, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_list() - Names in a folder, without "." and "..", unsorted.
 * Return: 0 or -errno; free with kfs_names_done().
 */
int kfs_list(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
	_printf_(3, 4);
int kfs_vlist(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, va_list args)
	_printf_(3, 0);
/*
 * kfs_list_sorted() - As kfs_list(), in the order of strverscmp(3): rd2 before rd10.
 * Return: 0, also if the directory does not exist; -errno.
 */
int kfs_list_sorted(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
	_printf_(3, 4);
/* kfs_names_have() - True if @name is in a list of kfs_list_sorted(). */
bool kfs_names_have(const struct kfs_names *names, const char *name);
void kfs_names_done(struct kfs_names *names);

/*
 * kfs_link() - The last part of where a symbolic link points to: of sys/dev/block/8:1 it
 * is "sda1". Return: 0 and *ret, the caller's to free; -ENOENT; -errno.
 */
int kfs_link(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_device_number() - dev_t of the block device that a path leads to, links followed.
 * In a sysroot a plain file stands for it, and the number is that of the device of its
 * name below sys/class/block. Return: 0; -ENOENT; -ENOTBLK; -errno.
 */
int kfs_device_number(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_mkdir(), kfs_rmdir(), kfs_unlink() - As mkdir(2), rmdir(2) and unlink(2), for
 * configfs, where they make, remove and unlink kernel objects. The folder above has to be
 * there. Return: 0 or -errno.
 */
int kfs_mkdir(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);
int kfs_rmdir(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);
int kfs_unlink(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);

/*
 * kfs_symlink() - A link to @target, which is relative to the root as the link's path is.
 * configfs looks the target up during symlink(2), so it has to be there.
 * Return: 0 or -errno.
 */
int kfs_symlink(const struct kfs *kfs, const char *target, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_set_read_only() - BLKROSET on the block device at @path.
 * Return: 0 or -errno.
 */
int kfs_set_read_only(const struct kfs *kfs, bool read_only, const char *path);
