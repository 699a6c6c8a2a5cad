/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "golden/tree_dir.h"

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "golden/tree_parse.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>

/* --- reading --- */

static int read_all(int fd, struct buf *out)
{
	char chunk[16384];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0) {
		if (out->len + (size_t)n > TREE_BYTES_MAX)
			return -EFBIG;
		buf_add_bytes(out, chunk, (size_t)n);
	}
	return n < 0 ? -errno : out->failed ? -ENOMEM : 0;
}

int tree_read(const char *path, FILE *errors, struct buf *ret)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_all(fd, ret);

	if (r < 0)
		fprintf(errors, "cannot read '%s': %s\n", path, strerror(-r));
	return r;
}

/* Return: 0; -EINVAL once the errors are printed; -errno. */
static int load_file(const char *path, FILE *errors, struct tree_file *ret)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(buf_done) struct buf text = { 0 };
	int r = tree_read(path, errors, &text);

	if (r < 0)
		return r;
	r = diag_init(&diag, path);
	if (r == 0)
		r = diag_set_text(&diag, 0, text.data, text.len);
	if (r == 0)
		r = tree_parse(text.data, text.len, &diag, ret);
	diag_print(&diag, errors);
	return r;
}

static int refuse(FILE *errors, const char *path, const char *why, const char *name)
{
	fprintf(errors, "%s: include '%s': %s\n", path, name, why);
	return -EINVAL;
}

/* Add the entries of a base file to @base. */
static int include(const char *path, const char *dir, const char *name, FILE *errors,
		   struct tree *base)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *full = NULL;
	int r;

	if (!dir)
		return refuse(errors, path, "this text has to be complete", name);
	if (strchr(name, '/') || name[0] == '.')
		return refuse(errors, path, "only a name is allowed, without a directory",
			      name);
	r = str_format(&full, "%s/%s", dir, name);
	if (r == 0)
		r = load_file(full, errors, &file);
	if (r == 0 && file.includes.words.count + file.without.words.count > 0)
		r = refuse(errors, path,
			   "a base file has neither 'include' nor 'without'", name);
	if (r < 0)
		return r;
	vec_foreach (entry, &file.tree.entries) {
		if (tree_find(base, entry->path))
			return refuse(errors, path, "two base files have the same entry",
				      entry->path);
		r = tree_put(base, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

int tree_load(const char *path, const char *include_dir, FILE *errors, struct tree *ret)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	struct tree base = { 0 };
	int r = load_file(path, errors, &file);

	if (r == 0)
		r = diag_init(&diag, path);
	for (size_t i = 0; r == 0 && i < file.includes.words.count; i++)
		r = include(path, include_dir, file.includes.words.items[i], errors,
			    &base);
	if (r == 0)
		r = tree_resolve(&file, &diag, &base);
	diag_print(&diag, errors);
	if (r < 0)
		tree_done(&base);
	else
		*ret = base;
	return r;
}

/* --- unpacking --- */

struct unpacker {
	int root_fd;
	int dir_fd; /* the directory of the last entry; -1: not open yet */
	char *dir;  /* its path */
};

static void unpacker_done(struct unpacker *u)
{
	cleanup_close(&u->dir_fd);
	free(u->dir);
}

/* Open the directory @name, and create it if it does not exist. Return: fd or -errno. */
static int enter(int dir_fd, const char *name)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = openat(dir_fd, name, flags);

	if (fd >= 0)
		return TAKE_FD(fd);
	if (errno != ENOENT)
		return -errno;
	if (mkdirat(dir_fd, name, TREE_MODE_DIR) < 0)
		return -errno;
	fd = openat(dir_fd, name, flags);
	if (fd < 0 || fchmod(fd, TREE_MODE_DIR) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Open a directory component by component, so that no link is followed. */
static int enter_path(int root_fd, const char *path)
{
	_cleanup_close_ int fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	while (*path) {
		size_t len = strcspn(path, "/");
		char name[NAME_MAX + 1];
		int next;

		if (len > NAME_MAX)
			return -ENAMETOOLONG;
		memcpy(name, path, len);
		name[len] = '\0';
		next = enter(fd, name);
		if (next < 0)
			return next;
		close(fd);
		fd = next;
		path += len + (path[len] == '/');
	}
	return TAKE_FD(fd);
}

/* Open the directory above @path, which stays open for the next entry. */
static int open_parent(struct unpacker *u, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	_cleanup_free_ char *dir = strndup(path, len);
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (!dir)
		return -ENOMEM;
	if (u->dir && streq(u->dir, dir))
		return 0;
	fd = enter_path(u->root_fd, dir);
	if (fd < 0)
		return fd;
	unpacker_done(u);
	u->dir_fd = fd;
	u->dir = TAKE_PTR(dir);
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int create_file(int dir_fd, const char *name, const struct tree_entry *entry,
		       const char *data, size_t len)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	_cleanup_close_ int fd = openat(dir_fd, name, flags, 0600);
	int r = fd < 0 ? -errno : write_all(fd, data, len);

	if (r == 0 && fchmod(fd, entry->mode) < 0)
		r = -errno;
	return r;
}

static int create_dir(int dir_fd, const char *name)
{
	_cleanup_close_ int fd = enter(dir_fd, name);

	return fd < 0 ? fd : 0;
}

static int create(struct unpacker *u, const struct tree_entry *entry)
{
	const char *name = NULL;
	int r;

	/* Its target may come later. */
	if (entry->type == TREE_INODE)
		return 0;
	r = open_parent(u, entry->path, &name);
	if (r < 0)
		return r;
	if (entry->type == TREE_DIR)
		return create_dir(u->dir_fd, name);
	if (entry->type == TREE_LINK)
		return symlinkat(entry->data, u->dir_fd, name) < 0 ? -errno : 0;
	return create_file(u->dir_fd, name, entry, entry->data, entry->len);
}

static int create_inode(struct unpacker *u, const struct tree_entry *entry)
{
	const char *name = NULL;
	struct stat st;
	char text[24];
	int len, r = open_parent(u, entry->data, &name);

	if (r < 0)
		return r;
	if (fstatat(u->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	len = snprintf(text, sizeof(text), "%" PRIuMAX "\n", (uintmax_t)st.st_ino);
	r = open_parent(u, entry->path, &name);
	return r < 0 ? r : create_file(u->dir_fd, name, entry, text, (size_t)len);
}

/* After the content: the mode may forbid to create anything in the directory. */
static int restrict_dir(struct unpacker *u, const struct tree_entry *entry)
{
	const char *name = NULL;
	_cleanup_close_ int fd = -1;
	int r = open_parent(u, entry->path, &name);

	if (r < 0)
		return r;
	fd = enter(u->dir_fd, name);
	if (fd < 0)
		return fd;
	return fchmod(fd, entry->mode) < 0 ? -errno : 0;
}

int tree_unpack(const struct tree *tree, int dir_fd, const char **ret_path)
{
	_cleanup_(unpacker_done) struct unpacker u = { .root_fd = dir_fd, .dir_fd = -1 };
	int r = 0;

	vec_foreach (entry, &tree->entries) {
		*ret_path = entry->path;
		r = create(&u, entry);
		if (r < 0)
			return r;
	}
	vec_foreach (entry, &tree->entries) {
		*ret_path = entry->path;
		if (entry->type == TREE_INODE)
			r = create_inode(&u, entry);
		if (r < 0)
			return r;
	}
	/* Deeper entries come first, because the mode of a directory may forbid to enter it. */
	for (size_t i = tree->entries.count; i > 0; i--) {
		const struct tree_entry *entry = &tree->entries.items[i - 1];

		*ret_path = entry->path;
		if (entry->type == TREE_DIR && entry->mode != TREE_MODE_DIR)
			r = restrict_dir(&u, entry);
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- packing --- */

struct packer {
	struct tree *tree;
	char path[PATH_MAX]; /* of the current file */
	size_t len;
};

static int pack_dir(struct packer *p, int fd);

static int put(struct packer *p, enum tree_type type, mode_t mode, const struct buf *data)
{
	struct tree_entry entry = {
		.path = p->path,
		.type = type,
		.mode = mode & 0777,
		.data = data->data,
		.len = data->len,
	};

	return data->failed ? -ENOMEM : tree_put(p->tree, &entry);
}

static int pack_link(struct packer *p, int dir_fd, const char *name)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	char target[PATH_MAX];
	ssize_t n = readlinkat(dir_fd, name, target, sizeof(target));

	if (n < 0 || (size_t)n == sizeof(target))
		return n < 0 ? -errno : -ENAMETOOLONG;
	buf_add_bytes(&data, target, (size_t)n);
	return put(p, TREE_LINK, 0, &data);
}

static int pack_file(struct packer *p, int dir_fd, const char *name, mode_t mode)
{
	_cleanup_(buf_done) struct buf data = { 0 };
	_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_all(fd, &data);

	return r < 0 ? r : put(p, TREE_FILE, mode, &data);
}

static int pack_node(struct packer *p, int dir_fd, const char *name,
		     const struct stat *st)
{
	int fd, r;

	switch (st->st_mode & S_IFMT) {
	case S_IFLNK:
		return pack_link(p, dir_fd, name);
	case S_IFREG:
		return pack_file(p, dir_fd, name, st->st_mode);
	case S_IFBLK:
		return put(p, TREE_FILE, TREE_MODE_FILE, &(struct buf){ 0 });
	case S_IFDIR:
		r = put(p, TREE_DIR, st->st_mode, &(struct buf){ 0 });
		if (r < 0)
			return r;
		fd = openat(dir_fd, name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? -errno : pack_dir(p, fd);
	default:
		return -EOPNOTSUPP;
	}
}

static int pack_name(struct packer *p, int dir_fd, const char *name)
{
	size_t old = p->len;
	struct stat st;
	int n, r;

	n = snprintf(p->path + old, sizeof(p->path) - old, old ? "/%s" : "%s", name);
	if (n < 0 || old + (size_t)n >= sizeof(p->path))
		return -ENAMETOOLONG;
	p->len = old + (size_t)n;
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	r = pack_node(p, dir_fd, name, &st);
	/* On error the path stays, for the message. */
	if (r == 0) {
		p->len = old;
		p->path[old] = '\0';
	}
	return r;
}

/* Takes @fd over. */
static int pack_dir(struct packer *p, int fd)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;
	int r = 0;

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (errno = 0, entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			r = pack_name(p, dirfd(dir), entry->d_name);
	if (r == 0 && errno != 0)
		r = -errno;
	closedir(dir);
	return r;
}

int tree_pack(int dir_fd, struct tree *ret, char **ret_path)
{
	struct tree tree = { 0 };
	struct packer p = { .tree = &tree };
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : pack_dir(&p, fd);

	*ret_path = NULL;
	if (r == 0) {
		*ret = tree;
		return 0;
	}
	*ret_path = strdup(p.path);
	tree_done(&tree);
	return r;
}
