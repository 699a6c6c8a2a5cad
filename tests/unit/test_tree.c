/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a tree: its writer, its reader, and the files that it becomes. */
#include "base/cleanup.h"
#include "base/macro.h"
#include "fuzz/property.h"
#include "golden/tree_dir.h"
#include "golden/tree_edit.h"
#include "golden/tree_parse.h"
#include "unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

/* @ret_diag: the errors as diag_print() shows them; the caller's to free. */
static int parse(const char *text, struct tree_file *ret, char **ret_diag)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	size_t len = strlen(text);
	int r;

	ck_assert_int_eq(diag_init(&diag, "t"), 0);
	ck_assert_int_eq(diag_set_text(&diag, 0, text, len), 0);
	r = tree_parse(text, len, &diag, ret);
	*ret_diag = unit_diag_text(&diag);
	return r;
}

static char *format(const struct tree *tree)
{
	struct buf text = { 0 };
	char *ret;

	tree_format(tree, &text);
	ck_assert_int_eq(buf_take(&text, &ret), 0);
	return ret;
}

/* --- the writer and the reader --- */

/* clang-format 14 and 19 break the list of a macro differently. */
/* clang-format off */
#define FILE_OF(path_, data_)                                               \
	{                                                                   \
		.path = (char *)path_, .mode = 0644, .data = (char *)data_, \
		sizeof(data_) - 1                                           \
	}
/* clang-format on */

/* An entry, and the text that is written for it. */
static const struct {
	const char *text;
	struct tree_entry entry;
} forms[] = {
	{ "a", FILE_OF("a", "") },
	{ "a =", FILE_OF("a", "\n") },
	{ "a = b", FILE_OF("a", "b\n") },
	{ "a =  b", FILE_OF("a", " b\n") },
	{ "a = b\tc", FILE_OF("a", "b\tc\n") },
	{ "a = b = c -> d", FILE_OF("a", "b = c -> d\n") },
	{ "a = b \"c\\", FILE_OF("a", "b \"c\\\n") },
	{ "a = \xc3\xa9", FILE_OF("a", "\xc3\xa9\n") },
	{ "a = \"b\"", FILE_OF("a", "b") },
	{ "a = \"b \\n\"", FILE_OF("a", "b \n") },
	{ "a = \"\\tb\\t\"", FILE_OF("a", "\tb\t") },
	{ "a = \"\\\"b\\\\\\n\"", FILE_OF("a", "\"b\\\n") },
	{ "a = \"\\x00\\xff\\xe2\\x80\\xae\"", FILE_OF("a", "\0\xff\xe2\x80\xae") },
	{ "a:\n\tb\n\tc", FILE_OF("a", "b\nc\n") },
	{ "a:\n\tb\n\t\"\\n\"\n\t\tc", FILE_OF("a", "b\n\n\tc\n") },
	{ "a:\n\t\"\\n\"\n\t\"b\"", FILE_OF("a", "\nb") },
	{ "a:\n\tb\n\t\"\\x01\\n\"\n\tc", FILE_OF("a", "b\n\1\nc\n") },
	{ "a/b:c/d=e = f", FILE_OF("a/b:c/d=e", "f\n") },
	{ "\"a b\" = c", FILE_OF("a b", "c\n") },
	{ "\"a:\" = c", FILE_OF("a:", "c\n") },
	{ "\"a:\":\n\tb\n\tc", FILE_OF("a:", "b\nc\n") },
	{ "\"#a\"", FILE_OF("#a", "") },
	{ "\"include\"", FILE_OF("include", "") },
	{ "\"without\" = a", FILE_OF("without", "a\n") },
	{ "include/a = b", FILE_OF("include/a", "b\n") },
	{ "\"\\x80\"", FILE_OF("\x80", "") },
	{ "a [0600] = b",
	  { .path = (char *)"a", .mode = 0600, .data = (char *)"b\n", .len = 2 } },
	{ "a [0000]", { .path = (char *)"a" } },
	{ "a [0444]:\n\tb\n\tc",
	  { .path = (char *)"a", .mode = 0444, .data = (char *)"b\nc\n", .len = 4 } },
	{ "a/", { .path = (char *)"a", .type = TREE_DIR, .mode = 0755 } },
	{ "a/ [0700]", { .path = (char *)"a", .type = TREE_DIR, .mode = 0700 } },
	{ "\"a b\"/ [0700]", { .path = (char *)"a b", .type = TREE_DIR, .mode = 0700 } },
	{ "a -> ../b",
	  { .path = (char *)"a", .type = TREE_LINK, .data = (char *)"../b", .len = 4 } },
	{ "a -> b c",
	  { .path = (char *)"a", .type = TREE_LINK, .data = (char *)"b c", .len = 3 } },
	{ "a -> \"b \"",
	  { .path = (char *)"a", .type = TREE_LINK, .data = (char *)"b ", .len = 2 } },
	{ "a: inode of b:c",
	  { (char *)"a", TREE_INODE, 0644, .data = (char *)"b:c", .len = 3 } },
	{ "a: inode of \"b c\"",
	  { (char *)"a", TREE_INODE, 0644, .data = (char *)"b c", .len = 3 } },
};

START_TEST(tree_writes_each_form)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_free_ char *text = NULL, *wanted = NULL;

	ck_assert_int_eq(tree_put(&tree, &forms[_i].entry), 0);
	text = format(&tree);
	ck_assert_int_ge(asprintf(&wanted, "%s\n", forms[_i].text), 0);
	ck_assert_str_eq(text, wanted);
}
END_TEST

START_TEST(tree_reads_each_form)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *errors = NULL;
	const struct tree_entry *wanted = &forms[_i].entry, *got;

	ck_assert_msg(parse(forms[_i].text, &file, &errors) == 0, "%s", errors);
	ck_assert_uint_eq(file.tree.entries.count, 1);
	got = file.tree.entries.items;
	ck_assert_str_eq(got->path, wanted->path);
	ck_assert_int_eq(got->type, wanted->type);
	if (wanted->type != TREE_LINK)
		ck_assert_uint_eq(got->mode, wanted->mode);
	ck_assert_uint_eq(got->len, wanted->len);
	if (wanted->len)
		ck_assert_mem_eq(got->data, wanted->data, wanted->len);
}
END_TEST

START_TEST(tree_sorts_and_leaves_out_implied_directories)
{
	static const char text[] = "# a comment\n"
				   "a-b\n"
				   "\n"
				   "a/b/c =\n"
				   "a/b/\n"
				   "a/ [0700]\n"
				   "z/\n";
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *errors = NULL, *written = NULL;

	ck_assert_msg(parse(text, &file, &errors) == 0, "%s", errors);
	written = format(&file.tree);
	ck_assert_str_eq(written, "a/ [0700]\na/b/c =\na-b\nz/\n");
}
END_TEST

/* A text, and a part of the first error. */
static const struct {
	const char *text, *error;
} bad[] = {
	{ "/a = b", "t:1:1: '/a' is not a path below the root" },
	{ "a\n../b", "t:2:1: '../b' is not a path below the root" },
	{ "a/../../b", "t:1:1: 'a/../../b' is not a path" },
	{ "a/./b", "t:1:1: 'a/./b' is not a path" },
	{ "..", "t:1:1: '..' is not a path" },
	{ "a//b", "t:1:1: 'a//b' is not a path" },
	{ "a//", "t:1:1: 'a/' is not a path" },
	{ "/", "t:1:1: '' is not a path" },
	{ "\"a/\" = b", "t:1:1: 'a/' is not a path" },
	{ "\"\" = b", "t:1:1: a path is missing" },
	{ "\"a\\x00b\"", "t:1:1: a path is missing or has a byte of value 0" },
	{ "a\nb\na = c", "t:3:1: 'a' is here a second time" },
	{ "a = ", "t:1:5: a blank at the end of a line" },
	{ "a = b ", "t:1:7: a blank at the end of a line" },
	{ "a =b", "t:1:4: unexpected text" },
	{ "a b", "t:1:2: unexpected text" },
	{ "a= b", "t:1:3: unexpected text" },
	{ "a -> ", "t:1:6: a blank at the end of a line" },
	{ "a -> \"\"", "t:1:8: a target is missing" },
	{ "a -> \"\\x00\"", "t:1:12: a target is missing or has a byte" },
	{ "a/ = b", "t:1:3: unexpected text" },
	{ " a", "t:1:1: a blank at the start of a line" },
	{ "a =\n\tb", "t:2:1: a blank at the start of a line" },
	{ "a:", "t:1:3: no line with a tab in front follows" },
	{ "a:\nb", "t:1:3: no line with a tab in front follows" },
	{ "a:\n\t", "t:2:2: a blank at the end of a line" },
	{ "a: b\n\tc", "t:1:3: unexpected text" },
	{ "a: inode of", "t:1:3: unexpected text" },
	{ "a: inode of b c", "t:1:14: unexpected text" },
	{ "a = \"b", "t:1:7: no closing quotation mark" },
	{ "a = \"b\" c", "t:1:8: unexpected text" },
	{ "a = \"\\q\"", "t:1:7: a backslash begins" },
	{ "a = \"\\", "t:1:7: a backslash begins" },
	{ "a = \"\\x1", "t:1:8: \\x needs two hexadecimal digits" },
	{ "a = \"\\x1\"", "t:1:8: \\x needs two hexadecimal digits, not '1\"'" },
	{ "a [600] = b", "t:1:4: a mode is four octal digits" },
	{ "a [0800] = b", "t:1:4: a mode is 0000 to 0777, not '0800'" },
	{ "a [4755] = b", "t:1:4: a mode is 0000 to 0777, not '4755'" },
	{ "a = \xff", "t:1:5: byte 0xff is not text" },
	{ "a = b\r", "t:1:6: byte 0x0d is not text" },
	{ "# \xe2\x80\xae", "t:1:3: byte 0xe2 is not text" },
	{ "include", NULL },
	{ "include a b", "t:1:10: unexpected text" },
	{ "without  b", "t:1:9: a path is missing" },
};

START_TEST(tree_refuses_with_the_place)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *errors = NULL;
	int r = parse(bad[_i].text, &file, &errors);

	/* Without a blank behind the word, it is a path like others. */
	if (!bad[_i].error) {
		ck_assert_int_eq(r, 0);
		return;
	}
	ck_assert_msg(r == -EINVAL, "row %d ('%s'): %d", _i, bad[_i].text, r);
	ck_assert_msg(strncmp(errors, bad[_i].error, strlen(bad[_i].error)) == 0,
		      "row %d ('%s'): %s", _i, bad[_i].text, errors);
}
END_TEST

/* --- base files --- */

static int resolve(const char *text, const char *base_text, struct tree *ret,
		   char **ret_errors)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 }, base = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_free_ char *errors = NULL, *base_errors = NULL;
	int r;

	ck_assert_msg(parse(text, &file, &errors) == 0, "%s", errors);
	ck_assert_msg(parse(base_text, &base, &base_errors) == 0, "%s", base_errors);
	*ret = base.tree;
	base.tree = (struct tree){ 0 };
	ck_assert_int_eq(diag_init(&diag, "t"), 0);
	r = tree_resolve(&file, &diag, ret);
	*ret_errors = unit_diag_text(&diag);
	return r;
}

START_TEST(tree_replaces_and_removes_what_is_included)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_free_ char *errors = NULL, *text = NULL;

	ck_assert_int_eq(resolve("without a/b\nc = new\nd\na/b/e = new\n",
				 "a/b/c = old\na/b/d = old\na/bc = old\nc = old\n", &tree,
				 &errors),
			 0);
	text = format(&tree);
	ck_assert_str_eq(text, "a/b/e = new\na/bc = old\nc = new\nd\n");
}
END_TEST

static const struct {
	const char *text, *base, *error;
} unresolved[] = {
	{ "a -> /etc\na/passwd = x", "", "'a/passwd' cannot be below 'a'" },
	{ "a/passwd = x", "a -> /etc", "'a/passwd' cannot be below 'a'" },
	{ "a = b", "a/b/c = x", "'a/b/c' cannot be below 'a'" },
	{ "a: inode of b\nb/c: inode of b", "a/c = x", "'a/c' cannot be below 'a'" },
	{ "without a/b", "a = x", "without 'a/b': no base file has it" },
	{ "a: inode of b", "bc = x", "'a': inode of 'b', which is no entry" },
};

START_TEST(tree_refuses_what_base_files_do_not_allow)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_free_ char *errors = NULL;

	ck_assert_int_eq(
		resolve(unresolved[_i].text, unresolved[_i].base, &tree, &errors),
		-EINVAL);
	ck_assert_msg(strstr(errors, unresolved[_i].error), "row %d: %s", _i, errors);
}
END_TEST

/* Load the text; @wanted_errors: a part of the errors. Return: as tree_load(). */
static int load(const char *dir, const char *text, const char *include_dir,
		const char *wanted_errors, struct tree *ret)
{
	_cleanup_free_ char *path = unit_write(dir, "t", text, strlen(text));
	char *errors = NULL;
	size_t len;
	FILE *out = open_memstream(&errors, &len);
	int r;

	ck_assert_ptr_nonnull(out);
	r = tree_load(path, include_dir, out, ret);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_msg(strstr(errors, wanted_errors), "%s", errors);
	free(errors);
	return r;
}

START_TEST(tree_includes_base_files)
{
	_cleanup_free_ char *dir = unit_dir(), *text = NULL;
	_cleanup_(tree_done) struct tree tree = { 0 };

	free(unit_write(dir, "base", "a = b\n", 6));
	free(unit_write(dir, "other", "c = d\n", 6));
	ck_assert_int_eq(load(dir, "include base\ninclude other\ne\n", dir, "", &tree),
			 0);
	text = format(&tree);
	ck_assert_str_eq(text, "a = b\nc = d\ne\n");
}
END_TEST

static const struct {
	const char *text, *error;
	int code;
} not_included[] = {
	{ "include ../base\n", "include '../base': only a name is allowed", -EINVAL },
	{ "include ..\n", "include '..': only a name is allowed", -EINVAL },
	{ "include nested\n", "has neither 'include' nor 'without'", -EINVAL },
	{ "include base\ninclude same\n", "include 'a': two base files", -EINVAL },
	{ "include bad\n", "bad:1:1: a blank at the start of a line", -EINVAL },
	{ "include absent\n", "absent': No such file or directory", -ENOENT },
};

START_TEST(tree_includes_nothing_else)
{
	_cleanup_free_ char *dir = unit_dir();
	struct tree none = { 0 };

	free(unit_write(dir, "base", "a = b\n", 6));
	free(unit_write(dir, "same", "a = c\n", 6));
	free(unit_write(dir, "nested", "include base\n", 13));
	free(unit_write(dir, "bad", " a\n", 3));
	ck_assert_int_eq(
		load(dir, not_included[_i].text, dir, not_included[_i].error, &none),
		not_included[_i].code);
	ck_assert_int_eq(load(dir, "include base\n", NULL, "has to be complete", &none),
			 -EINVAL);
}
END_TEST

/* --- files --- */

static int unpack(const char *text, const char *dir, const char **ret_path)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *errors = NULL;
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY);
	static char where[256];
	const char *path = "";
	int r;

	ck_assert_int_ge(fd, 0);
	ck_assert_msg(parse(text, &file, &errors) == 0, "%s", errors);
	r = tree_unpack(&file.tree, fd, &path);
	snprintf(where, sizeof(where), "%s", path);
	*ret_path = where;
	return r;
}

static char *pack(const char *dir)
{
	_cleanup_(tree_done) struct tree tree = { 0 };
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY);
	_cleanup_free_ char *path = NULL;

	ck_assert_msg(tree_pack(fd, &tree, &path) == 0, "%s", path);
	return format(&tree);
}

/* Root may enter a directory of any mode, so that a wrong mode would not be noticed. */
static void become_user(const char *dir)
{
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(dir, 65534, 65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
	}
}

static void become_root(void)
{
	if (getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
}

START_TEST(tree_unpacks_what_it_packs)
{
	static const char text[] = "a/b/c = d\n"
				   "a/b/e -> ../../nothing\n"
				   "a/b/f [0400] = \"\\x00\\xff\"\n"
				   "a/empty/\n"
				   "a/locked/ [0500]\n"
				   "a/locked/deeper/ [0700]\n"
				   "a/locked/deeper/g [0777]\n"
				   "h:\n"
				   "\ti\n"
				   "\tj\n";
	_cleanup_free_ char *dir = unit_dir(), *packed = NULL;
	const char *where;
	mode_t old;
	int r;

	become_user(dir);
	old = umask(077);
	r = unpack(text, dir, &where);
	umask(old);
	ck_assert_msg(r == 0, "%s: %d", where, r);
	packed = pack(dir);
	ck_assert_str_eq(packed, text);
	become_root();
}
END_TEST

START_TEST(tree_locks_a_directory_last)
{
	_cleanup_free_ char *dir = unit_dir();
	const char *where;
	int r;

	become_user(dir);
	r = unpack("a/ [0000]\na/b/ [0700]\na/b/c = d\n", dir, &where);
	become_root();
	ck_assert_msg(r == 0, "%s: %d", where, r);
}
END_TEST

START_TEST(tree_unpacks_the_inode_number_of_another_entry)
{
	_cleanup_free_ char *dir = unit_dir(), *object = NULL, *claim = NULL,
			    *text = NULL;
	const char *where;
	struct stat st;
	size_t len;

	ck_assert_int_eq(
		unpack("claim: inode of z/object\nz/object/attribute = 1\n", dir, &where),
		0);
	ck_assert_int_ge(asprintf(&object, "%s/z/object", dir), 0);
	ck_assert_int_ge(asprintf(&claim, "%s/claim", dir), 0);
	ck_assert_int_eq(stat(object, &st), 0);
	text = unit_read(claim, &len);
	ck_assert_uint_eq(strtoumax(text, NULL, 10), st.st_ino);
	ck_assert_int_eq(text[len - 1], '\n');
}
END_TEST

/* The reader refuses these; the unpacker does not rely on that. */
START_TEST(tree_never_unpacks_through_a_link)
{
	_cleanup_free_ char *dir = unit_dir(), *outside = unit_dir(), *text = NULL;
	_cleanup_free_ char *link = NULL, *left = NULL;
	const char *where;

	ck_assert_int_ge(asprintf(&text, "a -> %s\na/b = c\n", outside), 0);
	ck_assert_int_eq(unpack(text, dir, &where), -ENOTDIR);
	ck_assert_str_eq(where, "a/b");
	ck_assert_int_ge(asprintf(&link, "%s/existing", dir), 0);
	ck_assert_int_eq(symlink(outside, link), 0);
	ck_assert_int_eq(unpack("existing/b = c\n", dir, &where), -ENOTDIR);
	ck_assert_int_eq(unpack("existing/\n", dir, &where), -ENOTDIR);
	ck_assert_int_eq(unpack("existing = c\n", dir, &where), -EEXIST);
	ck_assert_int_eq(unpack("existing -> c\n", dir, &where), -EEXIST);
	ck_assert_int_eq(unpack("i: inode of existing/b\n", dir, &where), -ENOTDIR);
	left = pack(outside);
	ck_assert_str_eq(left, "");
}
END_TEST

START_TEST(tree_never_unpacks_over_a_file)
{
	_cleanup_free_ char *dir = unit_dir(), *packed = NULL;
	const char *where;

	free(unit_write(dir, "a", "old", 3));
	ck_assert_int_eq(unpack("a = new\n", dir, &where), -EEXIST);
	ck_assert_int_eq(unpack("a/b = new\n", dir, &where), -ENOTDIR);
	packed = pack(dir);
	ck_assert_str_eq(packed, "a = \"old\"\n");
}
END_TEST

START_TEST(tree_packs_no_fifo)
{
	_cleanup_free_ char *dir = unit_dir(), *fifo = NULL, *where = NULL;
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY);
	struct tree none = { 0 };

	ck_assert_int_ge(asprintf(&fifo, "%s/fifo", dir), 0);
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	ck_assert_int_eq(tree_pack(fd, &none, &where), -EOPNOTSUPP);
	ck_assert_str_eq(where, "fifo");
}
END_TEST

/* --- one entry replaced in the text --- */

/* @data is the new file @path; NULL: the entry is removed. */
static const struct {
	const char *before, *path, *data, *after;
} edits[] = {
	{ "", "a", "b\n", "a = b\n" },
	{ "# c\nx = 1\n", "a", "b\n", "# c\nx = 1\n\na = b\n" },
	{ "x = 1\n\n", "a", "b\n", "x = 1\n\na = b\n" },
	{ "x", "a", "", "x\n\na\n" },
	{ "x:\n\t1\n\t2", "a", "b\n", "x:\n\t1\n\t2\n\na = b\n" },
	{ "include x.txt\nwithout a\n", "a", "b\n",
	  "include x.txt\nwithout a\n\na = b\n" },
	{ "# a = 1\n\na = 1\nz\n", "a", "b\nc\n", "# a = 1\n\na:\n\tb\n\tc\nz\n" },
	{ "a:\n\tb\n\tc\n\n# z\nz\n", "a", "b \n", "a = \"b \\n\"\n\n# z\nz\n" },
	{ "\"a\" [0600] = 1\nb/a = 2\nab = 3\n", "a", "", "a\nb/a = 2\nab = 3\n" },
	{ "a -> b\nz:\n\ta = 1\n\ta\n", "a", "b\n", "a = b\nz:\n\ta = 1\n\ta\n" },
	{ "a", "a", "b\n", "a = b\n" },
	{ "a = 1", "a", NULL, "" },
	{ "x\n\na:\n\tb\n\tc\n\nz\n", "a", NULL, "x\n\nz\n" },
	{ "x\n\na = 1\n", "a", NULL, "x\n" },
	{ "x\na = 1\nz\n", "a", NULL, "x\nz\n" },
	{ "x\n\na = 1\nz\n", "a", NULL, "x\n\nz\n" },
	{ "x\n\nz = 1\n", "a", NULL, "x\n\nz = 1\n" },
	{ "", "a", NULL, "" },
	/* Refused. */
	{ "a = 1\n", "/a", "b\n", NULL },
	{ "a = 1\n", "b/../a", "b\n", NULL },
	{ "a = \n", "a", "b\n", NULL },
	{ "a = 1\na = 2\n", "a", "b\n", NULL },
};

START_TEST(tree_edit_replaces_one_entry_alone)
{
	_cleanup_(diag_done) struct diag diag = { 0 };
	_cleanup_(buf_done) struct buf out = { 0 }, data = { 0 };
	const char *before = edits[_i].before, *after = edits[_i].after;
	char path[8];
	int r;

	snprintf(path, sizeof(path), "%s", edits[_i].path);
	if (edits[_i].data)
		buf_add(&data, edits[_i].data);
	ck_assert_int_eq(diag_init(&diag, "t"), 0);
	ck_assert_int_eq(diag_set_text(&diag, 0, before, strlen(before)), 0);
	r = tree_edit(before, strlen(before), path, edits[_i].data ? &data : NULL, &diag,
		      &out);
	ck_assert_int_eq(r, after ? 0 : -EINVAL);
	if (after)
		ck_assert_str_eq(out.data ? out.data : "", after);
}
END_TEST

/* --- any text --- */

static const char *const corpora[] = {
	"tests/fuzz/corpus-tree/*",
	"tests/golden/*.txt",
	"tests/golden/cases/*.txt",
};

START_TEST(tree_property_holds_for_each_file_of_a_corpus)
{
	unit_corpus(corpora[_i], tree_property_check);
}
END_TEST

/* Bytes that the grammar cares about, in any order. */
START_TEST(tree_property_holds_for_any_text)
{
	static const char *const parts[] = {
		"a",	    "b",	"/",	".",	    "..",      " ",
		" = ",	    " ->",	":",	"\"",	    "\\",      "\\x00",
		"\n",	    "\n\t",	"\t",	"#",	    " [0600]", ": inode of ",
		"include ", "without ", "\xff", "\xc3\xa9", "\n\n",    "a/b",
		"\" = \"",  "\n\"",
	};
	unsigned int seed = (unsigned int)_i;

	for (unsigned int round = 0; round < 200; round++) {
		_cleanup_(buf_done) struct buf text = { 0 };
		unsigned int count = (unsigned int)rand_r(&seed) % 40;
		const char *broken;

		while (count-- > 0)
			buf_add(&text,
				parts[(unsigned int)rand_r(&seed) % ARRAY_SIZE(parts)]);
		broken = tree_property_check(text.data ? text.data : "", text.len);
		ck_assert_msg(!broken, "seed %d: %s:\n%s", _i, broken, text.data);
	}
}
END_TEST

static size_t fill(char *bytes, size_t room, unsigned int *seed)
{
	static const char some[] =
		"ab \t\n\"\\:#=->/\0\x01\x7f\x80\xc3\xa9\xe2\x80\xae\xff";
	size_t len = (unsigned int)rand_r(seed) % room;

	for (size_t i = 0; i < len; i++)
		bytes[i] = some[(unsigned int)rand_r(seed) % (sizeof(some) - 1)];
	return len;
}

static void expect_entry(const char *text, const struct tree_entry *wanted)
{
	_cleanup_(tree_file_done) struct tree_file file = { 0 };
	_cleanup_free_ char *errors = NULL;
	const struct tree_entry *got;

	ck_assert_msg(parse(text, &file, &errors) == 0, "%s%s", text, errors);
	got = file.tree.entries.items;
	ck_assert_str_eq(got->path, wanted->path);
	ck_assert_uint_eq(got->len, wanted->len);
	if (wanted->len)
		ck_assert_mem_eq(got->data, wanted->data, wanted->len);
}

/* Any content under any name comes back. */
START_TEST(tree_reads_what_it_writes)
{
	unsigned int seed = (unsigned int)_i, tried = 0;

	for (unsigned int round = 0; round < 500; round++) {
		_cleanup_(tree_done) struct tree tree = { 0 };
		_cleanup_free_ char *text = NULL;
		char path[8], data[24];
		struct tree_entry entry = { .path = path, .mode = 0644, .data = data };

		path[fill(path, sizeof(path), &seed)] = '\0';
		entry.len = fill(data, sizeof(data), &seed);
		if (tree_put(&tree, &entry) < 0)
			continue;
		text = format(&tree);
		expect_entry(text, &entry);
		tried++;
	}
	ck_assert_uint_gt(tried, 100);
}
END_TEST

Suite *suite_tree(void)
{
	Suite *suite = unit_suite(
		"tree", tree_sorts_and_leaves_out_implied_directories,
		tree_replaces_and_removes_what_is_included, tree_includes_base_files,
		tree_unpacks_what_it_packs, tree_locks_a_directory_last,
		tree_unpacks_the_inode_number_of_another_entry,
		tree_never_unpacks_through_a_link, tree_never_unpacks_over_a_file,
		tree_packs_no_fifo, NULL);

	unit_add_loop(suite, tree_writes_each_form, ARRAY_SIZE(forms));
	unit_add_loop(suite, tree_reads_each_form, ARRAY_SIZE(forms));
	unit_add_loop(suite, tree_refuses_with_the_place, ARRAY_SIZE(bad));
	unit_add_loop(suite, tree_refuses_what_base_files_do_not_allow,
		      ARRAY_SIZE(unresolved));
	unit_add_loop(suite, tree_includes_nothing_else, ARRAY_SIZE(not_included));
	unit_add_loop(suite, tree_edit_replaces_one_entry_alone, ARRAY_SIZE(edits));
	unit_add_loop(suite, tree_property_holds_for_each_file_of_a_corpus,
		      ARRAY_SIZE(corpora));
	unit_add_loop(suite, tree_property_holds_for_any_text, 20);
	unit_add_loop(suite, tree_reads_what_it_writes, 20);
	return suite;
}
