/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at kernel file systems (sysfs, configfs, procfs) and /dev below one root. */
#pragma once

#include "base/vec.h"
#include "sys/kfs_root.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/* Longest file that is read: a longer one is an error. */
#define KFS_READ_MAX (8u << 20)

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

/*
 * kfs_read_start() - Read at most @max bytes of a file of lines that other users make longer.
 * Return: 0, *ret without its last newline, and *ret_is_cut if whole lines follow; -errno.
 */
int kfs_read_start(const struct kfs *kfs, size_t max, char **ret, bool *ret_is_cut,
		   const char *fmt, ...) _printf_(5, 6);

/* kfs_read_u64() - Read a decimal number. Return: 0; -EBADMSG: not a number; -errno. */
int kfs_read_u64(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
	_printf_(3, 4);

/*
 * kfs_read_sectors() - Read a decimal number of sectors, of 512 bytes. Return: 0 and *ret_bytes;
 * -EBADMSG: no number, or the bytes do not fit into 64 bits; -errno.
 */
int kfs_read_sectors(const struct kfs *kfs, uint64_t *ret_bytes, const char *fmt, ...)
	_printf_(3, 4);

/* kfs_exists() - True if a file or directory exists. Errors count as false. */
bool kfs_exists(const struct kfs *kfs, const char *fmt, ...) _printf_(2, 3);

/*
 * kfs_inode() - Return the inode number of a directory. It is unique among directories that
 * exist at the same time. Return: 0; -ENOENT; -errno.
 */
int kfs_inode(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...) _printf_(3, 4);

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
 * kfs_note() - Tell the recorder, if any, of a value that came from elsewhere than a file.
 * @path: the file that holds such a value in a --sysroot.
 */
void kfs_note(const struct kfs *kfs, const struct buf *text, const char *fmt, ...)
	_printf_(3, 4);
