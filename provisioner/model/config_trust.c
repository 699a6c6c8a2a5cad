/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The owners and modes of a file and of the directories of its path. */
#include "model/config_trust.h"

#include "base/cleanup.h"
#include "base/str.h"

#include <libgen.h>
#include <sys/stat.h>

static bool is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/* @what: "" or "the directory 'X' "; @could: what a writer could do. */
static int check_owner(const struct stat *st, const char *what, const char *could,
		       unsigned int file, struct diag *diag)
{
	struct src_pos whole = diag_whole(file);

	if (!is_trusted(st->st_uid))
		return diag_add(diag, whole,
				"%sbelongs to user %u, who could %s; run 'chown root'",
				what, st->st_uid, could);
	if (st->st_mode & S_IWOTH)
		return diag_add(
			diag, whole,
			"%sis writable by everybody, so anybody could %s; run 'chmod o-w'",
			what, could);
	if (st->st_mode & S_IWGRP && st->st_gid != 0)
		return diag_add(
			diag, whole,
			"%sis writable by group %u, which could %s; run 'chmod g-w'",
			what, st->st_gid, could);
	return 0;
}

/* Check the directories of @path, which realpath(3) returned, from the last one upwards. */
static int check_directories(char *path, const char *could, unsigned int file,
			     struct diag *diag)
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
			return diag_add(diag, diag_whole(file),
					"cannot stat the directory '%s': %s", directory,
					strerror(errno));
		/* In a directory with the sticky bit, only its owner and root replace a file. */
		if (st.st_mode & S_ISVTX)
			st.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
		r = check_owner(&st, what, could, file, diag);
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * Check that the path leads to the file that is open. Its directories are trusted by now, so that
 * the answer holds: a directory that was replaced before led elsewhere when the file was opened.
 */
static int check_identity(const struct stat *st, const char *real, unsigned int file,
			  struct diag *diag)
{
	struct stat now;

	if (lstat(real, &now) == 0 && now.st_dev == st->st_dev &&
	    now.st_ino == st->st_ino)
		return 0;
	return diag_add(diag, diag_whole(file),
			"was replaced while it was read; run the command again");
}

int config_trust_check(int fd, const char *path, unsigned int file, struct diag *diag)
{
	_cleanup_free_ char *real = realpath(path, NULL), *copy = strdup(path);
	_cleanup_free_ char *link = copy ? realpath(dirname(copy), NULL) : NULL;
	_cleanup_free_ char *in_link = NULL, *target = NULL;
	const char *could;
	struct stat st;
	int r;

	if (!real || !link)
		return diag_add(diag, diag_whole(file),
				"cannot find the directories of the file: %s",
				strerror(errno));
	if (fstat(fd, &st) < 0)
		return diag_add(diag, diag_whole(file), "cannot stat the file: %s",
				strerror(errno));
	could = S_ISDIR(st.st_mode) ? "replace the directory" : "replace the file";
	r = check_owner(&st, "", geteuid() == 0 ? "command root" : "command the caller",
			file, diag);
	target = strdup(real);
	if (!target)
		return -ENOMEM;
	if (r == 0)
		r = check_directories(real, could, file, diag);
	/* The directory that holds a symbolic link to the file counts too. */
	if (r == 0)
		r = str_format(&in_link, "%s/", link);
	if (r == 0)
		r = check_directories(in_link, could, file, diag);
	return r == 0 ? check_identity(&st, target, file, diag) : r;
}
