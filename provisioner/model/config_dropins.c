/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find and order the drop-ins of the configuration. */
#include "model/config_dropins.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "model/config_trust.h"

#include <dirent.h>
#include <sys/stat.h>

/* A file in a later directory counts instead of one of the same name in an earlier one. */
static const char *const directories[] = {
	"/usr/lib/rapiddisk.d",
	"/run/rapiddisk.d",
	CONFIG_DROPINS_PATH,
};

struct found {
	char *name;
	unsigned int directory;
};

struct search {
	const char *root;
	enum config_trust trust;
	struct diag *diag;
	VEC(struct found) found;
};

static bool is_dropin(const char *name)
{
	static const char suffix[] = ".yaml";
	size_t len = strlen(name);

	return name[0] != '.' && len >= sizeof(suffix) &&
	       streq(name + len - strlen(suffix), suffix);
}

static int add(struct search *search, unsigned int directory, const char *name)
{
	const struct found found = { strdup(name), directory };
	int r = found.name ? vec_push(&search->found, found) : -ENOMEM;

	if (r < 0)
		free(found.name);
	return r;
}

/* @pos: stands for the directory in errors. */
static int list(struct search *search, unsigned int directory, DIR *dir,
		struct src_pos pos)
{
	for (;;) {
		const struct dirent *entry;
		int r;

		errno = 0;
		entry = readdir(dir);
		if (!entry)
			break;
		if (!is_dropin(entry->d_name))
			continue;
		if (search->found.count == CONFIG_DROPINS_MAX)
			return diag_add(search->diag, pos,
					"the configuration has more than %u drop-ins",
					CONFIG_DROPINS_MAX);
		r = add(search, directory, entry->d_name);
		if (r < 0)
			return r;
	}
	return errno == 0 ? 0
			  : diag_add(search->diag, pos, "cannot read the directory: %s",
				     strerror(errno));
}

static void close_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int look_into(struct search *search, unsigned int directory)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(close_dir) DIR *dir = NULL;
	unsigned int file;
	struct stat st;
	int r = str_format(&path, "%s%s", search->root, directories[directory]);
	int error;

	if (r < 0)
		return r;
	dir = opendir(path);
	error = errno;
	/* A dangling link is no absence, which would remove objects. */
	if (!dir && error == ENOENT && lstat(path, &st) < 0)
		return 0;
	r = diag_add_file(search->diag, directories[directory], &file);
	if (r < 0)
		return r;
	if (!dir)
		return diag_add(search->diag, diag_whole(file),
				"cannot open the directory: %s", strerror(error));
	if (search->trust == CONFIG_OF_OWNER)
		r = config_trust_check(dirfd(dir), path, file, search->diag);
	return r < 0 ? r : list(search, directory, dir, diag_whole(file));
}

static int compare(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int r = strcmp(x->name, y->name);

	return r != 0 ? r : (int)y->directory - (int)x->directory;
}

static int order(struct search *search, struct dropins *ret)
{
	size_t count = search->found.count;

	if (count > 0)
		qsort(search->found.items, count, sizeof(struct found), compare);
	for (size_t i = 0; i < count; i++) {
		const struct found *found = &search->found.items[i];
		char *path;
		int r;

		if (i > 0 && streq(found->name, found[-1].name))
			continue;
		r = str_format(&path, "%s/%s", directories[found->directory],
			       found->name);
		if (r == 0)
			r = vec_push(&ret->paths, path);
		if (r < 0) {
			free(path);
			return r;
		}
	}
	return 0;
}

int dropins_find(const char *root, enum config_trust trust, struct diag *diag,
		 struct dropins *ret)
{
	struct search search = { .root = root, .trust = trust, .diag = diag };
	int result = 0, r = 0;

	for (unsigned int i = 0; r != -ENOMEM && i < ARRAY_SIZE(directories); i++) {
		r = look_into(&search, i);
		result = r < 0 ? r : result;
	}
	if (r != -ENOMEM) {
		r = order(&search, ret);
		result = r < 0 ? r : result;
	}
	vec_foreach (found, &search.found)
		free(found->name);
	vec_done(&search.found);
	return result;
}

void dropins_done(struct dropins *dropins)
{
	vec_foreach (path, &dropins->paths)
		free(*path);
	vec_done(&dropins->paths);
}
