/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree pack DIR                     print the files below DIR as one text (sys/tree.h)
 * tree unpack [-I BASE] FILE DIR    create the files of the text FILE below DIR, which is
 *                                   created if it does not exist; base files are in BASE
 * tree edit FILE PATH [NEW]         print the text FILE with the content of the file NEW as the
 *                                   entry PATH, or without the entry
 *
 * Exit: 0; 1 once the error is on stderr; 64 usage.
 */
#include "base/cleanup.h"
#include "base/macro.h"
#include "golden/tree_dir.h"
#include "golden/tree_edit.h"

#include <fcntl.h>
#include <sys/stat.h>

static int fail(const char *verb, const char *path, int error)
{
	fprintf(stderr, "cannot %s '%s': %s\n", verb, path, strerror(-error));
	return EXIT_FAILURE;
}

static int print(const struct buf *text)
{
	if (text->len > 0 && fwrite(text->data, text->len, 1, stdout) != 1)
		return fail("write", "standard output", -errno);
	return fflush(stdout) == 0 ? EXIT_SUCCESS
				   : fail("write", "standard output", -errno);
}

static int pack(const char *dir)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : tree_pack(fd, &tree, &path);

	if (r < 0)
		return fail("read", path ? path : dir, r);
	tree_format(&tree, &text);
	return text.failed ? fail("write", dir, -ENOMEM) : print(&text);
}

static int unpack(const char *file, const char *include_dir, const char *dir)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_close_ int fd = -1;
	const char *path = dir;
	int r;

	if (tree_load(file, include_dir, stderr, &tree) < 0)
		return EXIT_FAILURE;
	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return fail("create", dir, -errno);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 ? -errno : tree_unpack(&tree, fd, &path);
	return r < 0 ? fail("create", path, r) : EXIT_SUCCESS;
}

/* @new_file: NULL removes the entry. */
static int edit(const char *file, char *path, const char *new_file)
{
	_cleanup_(buf_done) struct buf text = { 0 }, data = { 0 }, edited = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	int r = tree_read(file, stderr, &text);

	if (r == 0 && new_file)
		r = tree_read(new_file, stderr, &data);
	if (r < 0)
		return EXIT_FAILURE;
	r = diag_init(&diag, file);
	if (r == 0)
		r = diag_set_text(&diag, 0, text.data, text.len);
	if (r == 0)
		r = tree_edit(text.data, text.len, path, new_file ? &data : NULL, &diag,
			      &edited);
	diag_print(&diag, stderr);
	return r < 0 ? fail("edit", file, r) : print(&edited);
}

static int print_usage(void)
{
	fputs("Usage: tree pack DIR\n"
	      "       tree unpack [-I BASE] FILE DIR\n"
	      "       tree edit FILE PATH [NEW]\n",
	      stderr);
	return 64;
}

int main(int argc, char **argv)
{
	const char *include_dir = NULL;
	int first = 2;

	if (argc > 3 && streq(argv[2], "-I")) {
		include_dir = argv[3];
		first = 4;
	}
	if (argc == 3 && streq(argv[1], "pack"))
		return pack(argv[2]);
	if (argc == first + 2 && streq(argv[1], "unpack"))
		return unpack(argv[first], include_dir, argv[first + 1]);
	if ((argc == 4 || argc == 5) && streq(argv[1], "edit"))
		return edit(argv[2], argv[3], argv[4]);
	return print_usage();
}
