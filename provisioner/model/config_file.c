/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the configuration: its checks, its bytes and its digest. */
#include "base/cleanup.h"
#include "base/str.h"
#include "model/config.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <sha2.h>
#include <stdint.h>
#include <sys/stat.h>

static_assert(CONFIG_SHA256_LEN == SHA256_DIGEST_STRING_LENGTH, "hexadecimal and NUL");

void config_digest(const char *text, size_t len, char ret[static CONFIG_SHA256_LEN])
{
	SHA256Data((const uint8_t *)text, len, ret);
}

/* Return: the size in bytes; -EINVAL after the error was added to @diag. */
static ssize_t check_file(int fd, struct diag *diag)
{
	const struct src_pos none = { 0 };
	struct stat st;

	if (fstat(fd, &st) < 0)
		return diag_add(diag, none, "cannot stat the file: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return diag_add(diag, none, "is not a regular file but a %s",
				S_ISDIR(st.st_mode)    ? "directory"
				: S_ISFIFO(st.st_mode) ? "FIFO"
						       : "device or socket");
	if (geteuid() == 0 && st.st_mode & S_IWOTH)
		return diag_add(
			diag, none,
			"is writable by everybody, so anybody could command root; "
			"run 'chmod o-w' on the file");
	if (st.st_size > CONFIG_SIZE_MAX)
		return diag_add(diag, none, "is larger than %u MiB",
				CONFIG_SIZE_MAX >> 20);
	return (ssize_t)st.st_size;
}

/* --- who could change the file --- */

static bool is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/*
 * Check a file, or a directory of its path, as sudo(8) and sshd(8) do.
 * @what: "" or "the directory 'X' "; @could: what a writer could do.
 */
static int check_owner(const struct stat *st, const char *what, const char *could,
		       struct diag *diag)
{
	const struct src_pos none = { 0 };

	if (!is_trusted(st->st_uid))
		return diag_add(diag, none,
				"%sbelongs to user %u, who could %s; run 'chown root'",
				what, st->st_uid, could);
	/* In a directory with the sticky bit, only its owner and root replace a file. */
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX)
		return 0;
	if (st->st_mode & S_IWOTH)
		return diag_add(
			diag, none,
			"%sis writable by everybody, so anybody could %s; run 'chmod o-w'",
			what, could);
	if (st->st_mode & S_IWGRP && st->st_gid != 0)
		return diag_add(
			diag, none,
			"%sis writable by group %u, which could %s; run 'chmod g-w'",
			what, st->st_gid, could);
	return 0;
}

/* Check the directories of @path, which realpath(3) returned, from the file upwards. */
static int check_directories(char *path, struct diag *diag)
{
	char *slash;

	while ((slash = strrchr(path, '/'))) {
		_cleanup_free_ char *what = NULL;
		const char *directory = slash == path ? "/" : path;
		struct stat st;
		int r;

		*slash = '\0';
		r = str_format(&what, "the directory '%s' ", directory);
		if (r < 0)
			return r;
		if (stat(directory, &st) < 0)
			return diag_add(diag, (struct src_pos){ 0 },
					"cannot stat the directory '%s': %s", directory,
					strerror(errno));
		r = check_owner(&st, what, "replace the file", diag);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_trust(int fd, const char *path, struct diag *diag)
{
	_cleanup_free_ char *real = realpath(path, NULL), *copy = strdup(path);
	_cleanup_free_ char *link = copy ? realpath(dirname(copy), NULL) : NULL;
	_cleanup_free_ char *in_link = NULL;
	struct stat st;
	int r;

	if (!real || !link)
		return diag_add(diag, (struct src_pos){ 0 },
				"cannot find the directories of the file: %s",
				strerror(errno));
	if (fstat(fd, &st) < 0)
		return diag_add(diag, (struct src_pos){ 0 }, "cannot stat the file: %s",
				strerror(errno));
	r = check_owner(&st, "", geteuid() == 0 ? "command root" : "command the caller",
			diag);
	if (r == 0)
		r = check_directories(real, diag);
	/* The directory that holds a symbolic link to the file counts too. */
	if (r == 0)
		r = str_format(&in_link, "%s/", link);
	return r == 0 ? check_directories(in_link, diag) : r;
}

/* Read to the end, because the file may grow or shrink, and files of procfs have size 0. */
static int read_all(int fd, size_t expected, struct diag *diag, char **ret,
		    size_t *ret_len)
{
	size_t room = expected + 4096, len = 0;
	_cleanup_free_ char *text = malloc(room);

	while (text) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_add(diag, (struct src_pos){ 0 },
					"cannot read the file: %s", strerror(errno));
		len += (size_t)n;
		/* config_parse() refuses a text of one byte more than the limit. */
		if (n == 0 || len > CONFIG_SIZE_MAX) {
			*ret_len = len;
			*ret = TAKE_PTR(text);
			return 0;
		}
		if (len == room) {
			char *grown = realloc(text, room * 2);

			if (!grown)
				return -ENOMEM;
			text = grown;
			room *= 2;
		}
	}
	return -ENOMEM;
}

static int load(const char *path, enum config_trust trust,
		const struct obj_class *const *classes, bool is_partial,
		struct diag *diag, struct model *ret, char *ret_sha256)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	ssize_t size;
	int r;

	if (fd < 0)
		return diag_add(
			diag, (struct src_pos){ 0 }, "cannot open the file: %s%s",
			strerror(errno),
			errno == ENOENT ? "; examples are in " CONFIG_EXAMPLES_PATH : "");
	size = check_file(fd, diag);
	if (size < 0)
		return (int)size;
	r = trust == CONFIG_OF_OWNER ? check_trust(fd, path, diag) : 0;
	if (r < 0)
		return r;
	r = read_all(fd, (size_t)size, diag, &text, &len);
	if (r < 0)
		return r;
	r = config_set_text(diag, 0, text, len);
	if (r == 0)
		r = config_parse_texts(classes, is_partial, diag, ret);
	if (r == 0 && ret_sha256)
		config_digest(text, len, ret_sha256);
	return r;
}

int config_load(const char *path, enum config_trust trust,
		const struct obj_class *const *classes, struct diag *diag,
		struct model *ret, char ret_sha256[static CONFIG_SHA256_LEN])
{
	return load(path, trust, classes, false, diag, ret, ret_sha256);
}

int config_load_section(const char *path, enum config_trust trust,
			const struct obj_class *class, struct diag *diag,
			struct model *ret)
{
	const struct obj_class *const classes[] = { class, NULL };

	return load(path, trust, classes, true, diag, ret, NULL);
}
