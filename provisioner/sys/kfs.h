/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel file systems (sysfs, configfs, procfs) and /dev below one root. */
#pragma once

#include "base/buf.h"
#include "base/fault.h"
#include "base/macro.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Longest file that is read: a longer one is an error. */
#define KFS_READ_MAX (8u << 20)

/* The changes of a directory: the operations of configfs. */
enum kfs_change { KFS_MKDIR, KFS_RMDIR, KFS_SYMLINK, KFS_UNLINK };

/* The purpose of a look at the kernel: it says how complete the observation has to be. */
enum kfs_look {
	/* A value that cannot be read is an error: a plan would take it for a difference. */
	LOOK_TO_PLAN,
	/*
	 * A value that cannot be read stays unset. Secrets are not read, and connections are
	 * not counted.
	 */
	LOOK_TO_SHOW,
	/* As LOOK_TO_SHOW, and only the values that metrics show are read. */
	LOOK_FOR_METRICS,
};

/* A successful look at the tree: what of @path the caller got to know. */
enum kfs_query {
	KFS_QUERY_READ, /* the content */
	KFS_QUERY_OPEN, /* a descriptor, with which anything can be done */
	KFS_QUERY_STAT, /* that it exists, its device number or its inode number */
	KFS_QUERY_LIST, /* the names in a directory */
	KFS_QUERY_LINK, /* the target of a link */
	KFS_QUERY_NOTE, /* nothing: kfs_note() */
};

struct kfs {
	int root_fd;
	enum kfs_look look;
	bool is_sysroot;     /* the root is not that of the process */
	struct fault *fault; /* asked before each write; may be NULL */

	/*
	 * A fake kernel behind a tree of plain files (tests only, otherwise NULL): called
	 * instead of the write. Return: 0 or the -errno that the writer gets.
	 */
	int (*on_write)(void *data, const char *path, const char *value);
	/* The same for a change of a directory. @target: of KFS_SYMLINK, otherwise NULL. */
	int (*on_change)(void *data, enum kfs_change change, const char *path,
			 const char *target);
	/* The same for BLKROSET. */
	int (*on_set_read_only)(void *data, const char *path, bool read_only);
	void *hook_data;

	/*
	 * Called after each successful look, by sys/record.c (else NULL). @text: the content
	 * for KFS_QUERY_READ and KFS_QUERY_NOTE, else NULL.
	 */
	void (*on_query)(void *data, enum kfs_query query, const char *path,
			 const struct buf *text);
	void *query_data;
};

/*
 * kfs_missed() - Judge the failure @r to read a value.
 * Return: 0 if the look tolerates it, and the value stays unset; else @r.
 */
static inline int kfs_missed(const struct kfs *kfs, int r)
{
	return r < 0 && r != -ENOMEM && kfs->look != LOOK_TO_PLAN ? 0 : r;
}

struct kfs_names {
	VEC(char *) names;
};

/*
 * kfs_init() - Open the root, "/" or the directory of a --sysroot.
 * Links are resolved inside the root, absolute ones too. Return: 0 or -errno.
 */
int kfs_init(struct kfs *kfs, const char *root, struct fault *fault);
void kfs_done(struct kfs *kfs);

/*
 * kfs_open() - Open a path relative to the root, without a leading '/'. Return: fd or -errno.
 */
int kfs_open(const struct kfs *kfs, int flags, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_read() - Read a whole file, without the newline at its end.
 * Return: 0 and *ret, the caller's to free; -ENOENT; -EFBIG; -errno.
 */
int kfs_read(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);
int kfs_vread(const struct kfs *kfs, char **ret, const char *fmt, va_list args)
	_printf_(3, 0);

/* kfs_read_u64() - Read a decimal number. Return: 0; -EBADMSG: not a number; -errno. */
int kfs_read_u64(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
	_printf_(3, 4);

/* kfs_exists() - True if a file or directory exists. Errors count as false. */
bool kfs_exists(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);

/*
 * kfs_write() - Write @value by one write(2), as kernel attributes require. If the kernel
 * refuses the value, the errno of write(2) is returned. May sleep in the kernel. Never
 * creates a file. Return: 0; -EIO: the kernel took only a part; -errno.
 */
int kfs_write(const struct kfs *kfs, const char *value, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_inode() - Return the inode number of a directory. It is unique among directories that
 * exist at the same time. Return: 0; -ENOENT; -errno.
 */
int kfs_inode(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_chmod() - Change the mode of a file, as fchmod(2). configfs keeps the mode as long as
 * the object exists. Return: 0 or -errno.
 */
int kfs_chmod(const struct kfs *kfs, mode_t mode, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_list() - Return the names in a directory, without "." and "..", unsorted.
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
 * kfs_link() - Return the last part of the target of a symbolic link: "sda1" for
 * sys/dev/block/8:1. Return: 0 and *ret, the caller's to free; -ENOENT; -errno.
 */
int kfs_link(const struct kfs *kfs, char **ret, const char *fmt, ...) _printf_(3, 4);

/*
 * kfs_device_number() - Return the dev_t of the block device at a path; links are followed.
 * In a sysroot a plain file stands for the device, and sys/class/block has the number for
 * its name. Return: 0; -ENOENT; -ENOTBLK; -errno.
 */
int kfs_device_number(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
	_printf_(3, 4);

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

/*
 * kfs_note() - Tell the recorder, if any, of a value that came from elsewhere than a file.
 * @path: the file that holds such a value in a --sysroot.
 */
void kfs_note(const struct kfs *kfs, const struct buf *text, const char *fmt, ...)
	_printf_(3, 4);
