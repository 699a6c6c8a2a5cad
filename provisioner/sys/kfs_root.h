/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root below which a program looks at kernel file systems (sysfs, configfs, procfs) and
 * /dev, and the functions that kfs.c and kfs_change.c share.
 */
#pragma once

#include "base/buf.h"
#include "base/fault.h"
#include "base/macro.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>

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
	bool reads_extras;   /* an import: also read what no key has (obj.extra) */
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
 * kfs_init() - Open the root, "/" or the directory of a --sysroot.
 * Links are resolved inside the root, absolute ones too. Return: 0 or -errno.
 */
int kfs_init(struct kfs *kfs, const char *root, struct fault *fault);
void kfs_done(struct kfs *kfs);

/* kfs_format_path() - Format a path relative to the root. Return: 0 or -ENAMETOOLONG. */
int kfs_format_path(char path[static PATH_MAX], const char *fmt, va_list args)
	_printf_(2, 0);

/* Format the path of a variadic function: 0 or -ENAMETOOLONG. */
#define KFS_FORMAT_PATH(path, fmt)                      \
	({                                              \
		va_list args_;                          \
		int r_;                                 \
		va_start(args_, fmt);                   \
		r_ = kfs_format_path(path, fmt, args_); \
		va_end(args_);                          \
		r_;                                     \
	})

/* kfs_last_part() - Return the part of @path behind its last '/'. */
const char *kfs_last_part(const char *path);

/* kfs_open_path() - Open @path without telling the recorder. Return: fd or -errno. */
int kfs_open_path(const struct kfs *kfs, int flags, const char *path);

/* kfs_tell() - Tell the recorder, if any, of a successful look. */
static inline void kfs_tell(const struct kfs *kfs, enum kfs_query query, const char *path,
			    const struct buf *text)
{
	if (kfs->on_query)
		kfs->on_query(kfs->query_data, query, path, text);
}
