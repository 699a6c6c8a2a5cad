/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of drop-ins: each line is the number of a directory, the form of the file and a name.
 */
#include "model/config_dropins.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"

#include <ctype.h>

#define FILES_MAX 24

static const char *const directories[] = { "usr/lib/rapiddisk.d", "run/rapiddisk.d",
					   "etc/rapiddisk.d" };

/* The files that a look at the configuration has to find. */
struct file {
	char *name;
	unsigned int directory;
	char form; /* 'e': an empty file; 'n': the null device; otherwise a file with a text */
};

struct files {
	VEC(struct file) list;
};

static void files_done(struct files *files)
{
	vec_foreach (file, &files->list)
		free(file->name);
	vec_done(&files->list);
}

static struct file *find(struct files *files, const char *name)
{
	vec_foreach (file, &files->list)
		if (streq(file->name, name))
			return file;
	return NULL;
}

/* Note the file, unless a later directory has the name. */
static int note(struct files *files, struct file file)
{
	struct file *known = find(files, file.name);

	if (!known) {
		file.name = strdup(file.name);
		return file.name ? vec_push(&files->list, file) : -ENOMEM;
	}
	if (file.directory > known->directory) {
		known->directory = file.directory;
		known->form = file.form;
	}
	return 0;
}

static int put(struct files *files, char *line)
{
	_cleanup_free_ char *path = NULL;
	struct file file = { .name = line + 2, .form = line[1] };
	size_t len = strlen(file.name);

	file.directory = (unsigned char)line[0] % ARRAY_SIZE(directories);
	if (strchr(file.name, '/') || len > 200 || streq(file.name, ".") ||
	    streq(file.name, "..") || len == 0 ||
	    str_format(&path, "%s/%s", directories[file.directory], file.name) < 0)
		return 0;
	scratch_remove(path);
	if (file.form == 'n')
		scratch_link(path, "/dev/null");
	else
		scratch_text(path, file.form == 'e' ? "" : "version: 1\n");
	if (file.name[0] == '.' || len < 5 || !streq(file.name + len - 5, ".yaml"))
		return 0;
	return note(files, file);
}

static const char *check_found(struct files *files, const struct dropins *found)
{
	const char *last = NULL;

	if (found->paths.count != files->list.count)
		return "each name with the suffix is one drop-in";
	vec_foreach (path, &found->paths) {
		const char *name = strrchr(*path, '/') + 1;
		const struct file *file = find(files, name);

		if (!file || strncmp(*path + 1, directories[file->directory],
				     strlen(directories[file->directory])) != 0)
			return "a drop-in is in the last directory that has its name";
		if (last && strcmp(last, name) >= 0)
			return "the drop-ins have the order of their names";
		last = name;
	}
	return NULL;
}

static const char *check_read(const struct files *files)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_free_ char *path = NULL;
	char sha256[CONFIG_SHA256_LEN];
	size_t wanted = 1, count = 0;
	struct config_source source = { .root = scratch_root() };

	vec_foreach (file, &files->list)
		wanted += file->form != 'e' && file->form != 'n';
	scratch_text("etc/rapiddisk.yaml", "version: 1\n");
	if (str_format(&path, "%s/etc/rapiddisk.yaml", scratch_root()) < 0 ||
	    diag_init(&diag, path) < 0)
		return NULL;
	source.path = path;
	if (config_read(&source, &diag, sha256) < 0)
		return "drop-ins can be read";
	vec_foreach (file, &diag.files)
		count += file->text != NULL;
	return count == wanted ? NULL : "a mask has no text, and each other file has one";
}

const char *dropins_property_check(const char *bytes, size_t len)
{
	_cleanup_(files_done) struct files files = { 0 };
	_cleanup_(dropins_done) struct dropins found = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_free_ char *text = part_text((struct part){ bytes, len });
	char *line, *rest = text;
	const char *broken;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		scratch_remove(directories[i]);
	for (int i = 0; i < FILES_MAX && (line = strsep(&rest, "\n")); i++)
		if (strlen(line) > 2 && put(&files, line) < 0)
			return NULL;
	if (diag_init(&diag, "fuzz") < 0)
		return NULL;
	if (dropins_find(scratch_root(), CONFIG_OF_ANYBODY, &diag, &found) < 0)
		return "the names can be listed";
	broken = check_found(&files, &found);
	return broken ? broken : check_read(&files);
}
