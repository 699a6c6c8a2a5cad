/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at kernel file systems: the content of files, names, links and device numbers. */
#include "sys/kfs.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "sys/numbers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

void kfs_note(const struct kfs *kfs, const struct buf *text, const char *fmt, ...)
{
	char path[PATH_MAX];

	if (KFS_FORMAT_PATH(path, fmt) == 0)
		kfs_tell(kfs, KFS_QUERY_NOTE, path, text);
}

int kfs_open(const struct kfs *kfs, int flags, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r;

	r = KFS_FORMAT_PATH(path, fmt);
	if (r == 0)
		r = kfs_open_path(kfs, flags, path);
	if (r >= 0)
		kfs_tell(kfs, KFS_QUERY_OPEN, path, NULL);
	return r;
}

/*
 * True for attributes of sysfs, configfs and debugfs: one read returns all of them, at most
 * a page, so a short read is the last one. Elsewhere, as in procfs, only a read of 0 bytes
 * is the end.
 */
static bool is_attribute(const char *path)
{
	return strncmp(path, "sys/", strlen("sys/")) == 0;
}

static int read_all(int fd, bool is_attribute, size_t max, struct buf *out)
{
	char chunk[4096];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		if (out->len + (size_t)n > max)
			return -EFBIG;
		buf_add_bytes(out, chunk, (size_t)n);
		if (is_attribute && (size_t)n < sizeof(chunk))
			return 0;
	}
}

/* Move the text to the caller, without the newline at its end. */
static int take_text(const struct kfs *kfs, const char *path, struct buf *text,
		     char **ret)
{
	kfs_tell(kfs, KFS_QUERY_READ, path, text);
	if (text->len > 0 && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
	return buf_take(text, ret);
}

static int read_path(const struct kfs *kfs, char **ret, const char *path)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_close_ int fd = kfs_open_path(kfs, O_RDONLY, path);
	int r;

	if (fd < 0)
		return fd;
	r = read_all(fd, is_attribute(path), KFS_READ_MAX, &text);
	return r < 0 ? r : take_text(kfs, path, &text, ret);
}

int kfs_read_start(const struct kfs *kfs, size_t max, char **ret, bool *ret_is_cut,
		   const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	bool is_cut;
	int r;

	r = KFS_FORMAT_PATH(path, fmt);
	if (r < 0)
		return r;
	fd = kfs_open_path(kfs, O_RDONLY, path);
	if (fd < 0)
		return fd;
	r = read_all(fd, is_attribute(path), max, &text);
	is_cut = r == -EFBIG;
	if (r < 0 && !is_cut)
		return r;
	/* The last line may be incomplete. */
	while (is_cut && text.len > 0 && text.data[text.len - 1] != '\n')
		text.data[--text.len] = '\0';
	r = take_text(kfs, path, &text, ret);
	if (r == 0)
		*ret_is_cut = is_cut;
	return r;
}

int kfs_vread(const struct kfs *kfs, char **ret, const char *fmt, va_list args)
{
	char path[PATH_MAX];
	int r = kfs_format_path(path, fmt, args);

	return r < 0 ? r : read_path(kfs, ret, path);
}

int kfs_read(const struct kfs *kfs, char **ret, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = kfs_vread(kfs, ret, fmt, args);
	va_end(args);
	return r;
}

static int read_number(const struct kfs *kfs, uint64_t *ret, const char *path)
{
	_cleanup_free_ char *text = NULL;
	int r = read_path(kfs, &text, path);

	if (r < 0)
		return r;
	return units_parse_uint(text, ret) < 0 ? -EBADMSG : 0;
}

int kfs_read_u64(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r = KFS_FORMAT_PATH(path, fmt);

	return r < 0 ? r : read_number(kfs, ret, path);
}

int kfs_read_sectors(const struct kfs *kfs, uint64_t *ret_bytes, const char *fmt, ...)
{
	char path[PATH_MAX];
	uint64_t sectors = 0;
	int r = KFS_FORMAT_PATH(path, fmt);

	if (r == 0)
		r = read_number(kfs, &sectors, path);
	if (r < 0)
		return r;
	if (sectors > UINT64_MAX / 512)
		return -EBADMSG;
	*ret_bytes = sectors * 512;
	return 0;
}

static bool path_exists(const struct kfs *kfs, const char *path)
{
	_cleanup_close_ int fd = -1;

	if (!kfs->is_sysroot)
		return faccessat(kfs->root_fd, path, F_OK, 0) == 0;
	fd = kfs_open_path(kfs, O_PATH, path);
	return fd >= 0;
}

bool kfs_exists(const struct kfs *kfs, const char *fmt, ...)
{
	char path[PATH_MAX];
	bool exists = KFS_FORMAT_PATH(path, fmt) == 0 && path_exists(kfs, path);

	if (exists)
		kfs_tell(kfs, KFS_QUERY_STAT, path, NULL);
	return exists;
}

/* As stat(2), with links resolved inside the root. */
static int stat_path(const struct kfs *kfs, const char *path, struct stat *ret)
{
	_cleanup_close_ int fd = kfs->is_sysroot ? kfs_open_path(kfs, O_PATH, path) : -1;
	int r = 0;

	if (kfs->is_sysroot && fd < 0)
		return fd;
	r = kfs->is_sysroot ? fstat(fd, ret) : fstatat(kfs->root_fd, path, ret, 0);
	if (r < 0)
		return -errno;
	kfs_tell(kfs, KFS_QUERY_STAT, path, NULL);
	return 0;
}

int kfs_inode(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	r = KFS_FORMAT_PATH(path, fmt);
	if (r == 0)
		r = stat_path(kfs, path, &st);
	if (r == 0)
		*ret = st.st_ino;
	return r;
}

static int add_name(struct kfs_names *names, const char *text)
{
	char *name;
	int r;

	if (streq(text, ".") || streq(text, ".."))
		return 0;
	name = strdup(text);
	r = name ? vec_push(&names->names, name) : -ENOMEM;
	if (r < 0)
		free(name);
	return r;
}

/* Without fdopendir(3), which makes three more system calls for each directory. */
static int list_directory(int fd, struct kfs_names *ret)
{
	_Alignas(struct dirent64) char chunk[8192];
	int r = 0;

	for (;;) {
		ssize_t n = getdents64(fd, chunk, sizeof(chunk)), at = 0;

		if (n <= 0)
			return n < 0 ? -errno : 0;
		while (r == 0 && at < n) {
			const struct dirent64 *entry = (const void *)(chunk + at);

			r = add_name(ret, entry->d_name);
			at += entry->d_reclen;
		}
		if (r < 0)
			return r;
	}
}

int kfs_vlist(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, va_list args)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r;

	*ret = (struct kfs_names){ 0 };
	r = kfs_format_path(path, fmt, args);
	if (r < 0)
		return r;
	fd = kfs_open_path(kfs, O_RDONLY | O_DIRECTORY, path);
	if (fd < 0)
		return fd;
	r = list_directory(fd, ret);
	if (r < 0)
		kfs_names_done(ret);
	else
		kfs_tell(kfs, KFS_QUERY_LIST, path, NULL);
	return r;
}

int kfs_list(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = kfs_vlist(kfs, ret, fmt, args);
	va_end(args);
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

int kfs_list_sorted(const struct kfs *kfs, struct kfs_names *ret, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = kfs_vlist(kfs, ret, fmt, args);
	va_end(args);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (ret->names.count > 0)
		qsort(ret->names.items, ret->names.count, sizeof(char *), compare_names);
	return 0;
}

bool kfs_names_have(const struct kfs_names *names, const char *name)
{
	return names->names.count > 0 &&
	       bsearch(&name, names->names.items, names->names.count, sizeof(char *),
		       compare_names);
}

void kfs_names_done(struct kfs_names *names)
{
	vec_foreach (name, &names->names)
		free(*name);
	vec_done(&names->names);
}

/* Return the last part of the target of a link. */
static int read_link(int dir_fd, const char *path, char **ret)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, path, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	*ret = strdup(kfs_last_part(target));
	return *ret ? 0 : -ENOMEM;
}

static int link_path(const struct kfs *kfs, const char *path, char **ret)
{
	_cleanup_close_ int fd = -1;

	if (!kfs->is_sysroot)
		return read_link(kfs->root_fd, path, ret);
	fd = kfs_open_path(kfs, O_PATH | O_NOFOLLOW, path);
	return fd < 0 ? fd : read_link(fd, "", ret);
}

int kfs_link(const struct kfs *kfs, char **ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	int r;

	r = KFS_FORMAT_PATH(path, fmt);
	if (r == 0)
		r = link_path(kfs, path, ret);
	if (r == 0)
		kfs_tell(kfs, KFS_QUERY_LINK, path, NULL);
	return r;
}

static int number_of_stand_in(const struct kfs *kfs, const char *path, uint64_t *ret)
{
	_cleanup_close_ int fd = kfs_open_path(kfs, O_PATH, path);
	_cleanup_free_ char *name = NULL, *text = NULL;
	char link[32];
	int r;

	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	r = read_link(AT_FDCWD, link, &name);
	if (r < 0)
		return r;
	r = kfs_read(kfs, &text, "sys/class/block/%s/dev", name);
	return r < 0 || numbers_parse(text, ret) < 0 ? -ENOTBLK : 0;
}

int kfs_device_number(const struct kfs *kfs, uint64_t *ret, const char *fmt, ...)
{
	char path[PATH_MAX];
	struct stat st;
	int r;

	r = KFS_FORMAT_PATH(path, fmt);
	if (r < 0)
		return r;
	r = stat_path(kfs, path, &st);
	if (r < 0)
		return r;
	if (kfs->is_sysroot && S_ISREG(st.st_mode))
		return number_of_stand_in(kfs, path, ret);
	if (!S_ISBLK(st.st_mode))
		return -ENOTBLK;
	*ret = st.st_rdev;
	return 0;
}
