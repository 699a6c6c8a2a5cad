/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drop-ins: which are read, in which order, and which are refused. */
#include "model/config.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "fake_class.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>

static char *root;
static struct diag diag;
static struct model model;
static char sha256[CONFIG_SHA256_LEN];

static void setup(void)
{
	root = unit_dir();
}

static void teardown(void)
{
	model_done(&model);
	diag_done(&diag);
	free(root);
}

/* Return: the path below the root, whose directories exist then; the caller's to free. */
static char *make_path(const char *name)
{
	char *path;

	ck_assert_int_eq(str_format(&path, "%s/%s", root, name), 0);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		ck_assert(mkdir(path, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	return path;
}

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = make_path(name);
	_cleanup_fclose_ FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
}

static void put_link(const char *name, const char *target)
{
	_cleanup_free_ char *path = make_path(name);

	ck_assert_int_eq(symlink(target, path), 0);
}

static int read_trusting(enum config_trust trust)
{
	_cleanup_free_ char *path = make_path("etc/rapiddisk.yaml");
	const struct config_source source = { path, root, trust };

	diag_done(&diag);
	ck_assert_int_eq(diag_init(&diag, "main"), 0);
	return config_read(&source, &diag, sha256);
}

static int load(void)
{
	_cleanup_free_ char *path = make_path("etc/rapiddisk.yaml");
	const struct config_source source = { path, root, CONFIG_OF_ANYBODY };

	diag_done(&diag);
	ck_assert_int_eq(diag_init(&diag, "main"), 0);
	return config_load(&source, fake_classes, &diag, &model, sha256);
}

static void expect_errors(const char *want)
{
	_cleanup_free_ char *got = unit_diag_text(&diag);

	ck_assert_str_eq(got, want);
}

/* Return: the names of the files that were read, in their order; the caller's to free. */
static char *list_read(void)
{
	struct buf list = { 0 };
	char *text = NULL;

	vec_foreach (file, &diag.files)
		if (file->text)
			buf_addf(&list, "%s%s", list.len ? " " : "", file->name);
	ck_assert_int_eq(buf_take(&list, &text), 0);
	return text;
}

/* --- order and masks --- */

#define USR "usr/lib/rapiddisk.d/"
#define RUN "run/rapiddisk.d/"
#define ETC "etc/rapiddisk.d/"

/* A file `F`, an empty file `F-`, and a link `F>TARGET`. */
static const struct {
	const char *files[6];
	const char *read;
} orders[] = {
	{ { "etc/rapiddisk.yaml" }, "main" },
	{ { ETC "a.yaml" }, "/etc/rapiddisk.d/a.yaml" },
	{ { ETC "a.yaml", "etc/rapiddisk.yaml" }, "main /etc/rapiddisk.d/a.yaml" },
	/* The name alone decides the order, by its bytes. */
	{ { ETC "10-b.yaml", RUN "20-a.yaml", USR "30.yaml", ETC "40.yaml" },
	  "/etc/rapiddisk.d/10-b.yaml /run/rapiddisk.d/20-a.yaml "
	  "/usr/lib/rapiddisk.d/30.yaml /etc/rapiddisk.d/40.yaml" },
	{ { ETC "9.yaml", ETC "10.yaml", ETC "B.yaml", ETC "a.yaml", ETC "_.yaml" },
	  "/etc/rapiddisk.d/10.yaml /etc/rapiddisk.d/9.yaml /etc/rapiddisk.d/B.yaml "
	  "/etc/rapiddisk.d/_.yaml /etc/rapiddisk.d/a.yaml" },
	/* The file in /etc counts, then that in /run. */
	{ { USR "a.yaml", RUN "a.yaml", ETC "a.yaml" }, "/etc/rapiddisk.d/a.yaml" },
	{ { USR "a.yaml", RUN "a.yaml" }, "/run/rapiddisk.d/a.yaml" },
	{ { USR "a.yaml", ETC "a.yaml" }, "/etc/rapiddisk.d/a.yaml" },
	{ { USR "a.yaml", RUN "b.yaml", ETC "b.yaml" },
	  "/usr/lib/rapiddisk.d/a.yaml /etc/rapiddisk.d/b.yaml" },
	/* Masks. */
	{ { USR "a.yaml", ETC "a.yaml>/dev/null" }, "" },
	{ { USR "a.yaml", RUN "a.yaml>/dev/null", USR "b.yaml" },
	  "/usr/lib/rapiddisk.d/b.yaml" },
	{ { USR "a.yaml", RUN "a.yaml-" }, "" },
	{ { USR "a.yaml", RUN "a.yaml>/dev/null", ETC "a.yaml" },
	  "/etc/rapiddisk.d/a.yaml" },
	{ { USR "a.yaml", ETC "a.yaml>../../dev-null", "dev-null>/dev/null" }, "" },
	{ { ETC "a.yaml-", ETC "b.yaml>/dev/null", "etc/rapiddisk.yaml" }, "main" },
	/* A link to a file is that file. */
	{ { ETC "a.yaml>../real", "etc/real" }, "/etc/rapiddisk.d/a.yaml" },
	{ { "etc/rapiddisk.d>other.d", "etc/other.d/a.yaml" },
	  "/etc/rapiddisk.d/a.yaml" },
	/* Names that are ignored: editors and package managers leave them behind. */
	{ { ETC "a.yaml~", ETC "b.yaml.dpkg-new", ETC ".#c.yaml>nowhere", ETC "README",
	    "etc/rapiddisk.yaml" },
	  "main" },
	{ { ETC ".yaml", ETC "yaml", ETC "a.yml", ETC "a.YAML", ETC "x/a.yaml",
	    "etc/rapiddisk.yaml" },
	  "main" },
};

static void make(const char *file)
{
	size_t end = strcspn(file, ">");
	_cleanup_free_ char *name = strndup(file, end);

	ck_assert_ptr_nonnull(name);
	if (file[end] == '>') {
		put_link(name, file + end + 1);
	} else if (name[end - 1] == '-') {
		name[end - 1] = '\0';
		put(name, "");
	} else {
		put(name, "version: 1\n");
	}
}

START_TEST(dropins_are_read_in_order_without_masked_ones)
{
	_cleanup_free_ char *got = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(orders[_i].files) && orders[_i].files[i]; i++)
		make(orders[_i].files[i]);
	ck_assert_int_eq(load(), 0);
	got = list_read();
	ck_assert_str_eq(got, orders[_i].read);
}
END_TEST

START_TEST(dropins_are_read_beside_the_main_file_by_any_name)
{
	/* Below the root, and whether drop-ins are read. */
	static const struct {
		const char *path;
		bool are_read;
	} names[] = {
		{ "etc/rapiddisk.yaml", true },	 { "etc/../etc//./rapiddisk.yaml", true },
		{ "link/rapiddisk.yaml", true }, { "etc/copy.yaml", false },
		{ "rapiddisk.yaml", false },
	};

	put("etc/rapiddisk.yaml", "version: 1\n");
	put("etc/copy.yaml", "version: 1\n");
	put("rapiddisk.yaml", "version: 1\n");
	put(ETC "a.yaml", "version: 1\n");
	put_link("link", "etc");
	put_link("other-name.yaml", "etc/rapiddisk.yaml");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = make_path(names[i].path), *got = NULL;
		struct config_source source = { path, root, CONFIG_OF_ANYBODY };

		diag_done(&diag);
		ck_assert_int_eq(diag_init(&diag, "main"), 0);
		ck_assert_int_eq(config_read(&source, &diag, sha256), 0);
		got = list_read();
		ck_assert_str_eq(got, names[i].are_read ? "main /etc/rapiddisk.d/a.yaml"
							: "main");
		source.root = NULL;
		diag_done(&diag);
		ck_assert_int_eq(diag_init(&diag, "main"), 0);
		ck_assert_int_eq(config_read(&source, &diag, sha256), 0);
		ck_assert_uint_eq(diag.files.count, 1);
	}
}
END_TEST

START_TEST(dropins_are_found_without_a_main_file)
{
	_cleanup_free_ char *path = make_path("etc/rapiddisk.yaml");
	const struct config_source source = { path, root, CONFIG_OF_ANYBODY };

	ck_assert(config_is_absent(&source));
	ck_assert_int_eq(load(), -EINVAL);
	expect_errors("main: cannot open the file: No such file or directory; examples "
		      "are in /usr/share/doc/rapiddisk/examples\n");
	/* A mask says that the configuration has no objects, not that none exists. */
	put_link(ETC "a.yaml", "/dev/null");
	ck_assert(!config_is_absent(&source));
	ck_assert_int_eq(load(), 0);
	ck_assert_uint_eq(model.objs.count, 0);
	ck_assert(!model_states(&model, &fake_thing));
}
END_TEST

START_TEST(dropins_without_a_main_file_are_read_by_any_name_of_it)
{
	_cleanup_free_ char *path = NULL, *got = NULL;
	struct config_source source = { NULL, root, CONFIG_OF_ANYBODY };

	put(ETC "a.yaml", "version: 1\n");
	put_link("link", "etc");
	path = make_path("link/rapiddisk.yaml");
	source.path = path;
	ck_assert_int_eq(diag_init(&diag, "main"), 0);
	ck_assert_int_eq(config_read(&source, &diag, sha256), 0);
	got = list_read();
	ck_assert_str_eq(got, "/etc/rapiddisk.d/a.yaml");
}
END_TEST

/* --- the merged model --- */

START_TEST(lists_of_all_files_are_joined)
{
	put("etc/rapiddisk.yaml", "version: 1\nthings:\n- {name: t9, size: 4KiB}\n");
	put(USR "20.yaml", "version: 1\nthings:\n- {name: t1, size: 4KiB, gates: [4]}\n"
			   "gates: [{id: 5}]\n");
	put(ETC "10.yaml",
	    "version: 1\ngates: [{id: 4}]\nthings: [{name: t2, size: 4KiB, "
	    "other: t1}]\n");
	ck_assert_int_eq(load(), 0);
	ck_assert_uint_eq(model.objs.count, 5);
	ck_assert_str_eq(obj_name(model.objs.items[0]), "t9");
	ck_assert_str_eq(obj_name(model.objs.items[1]), "4");
	ck_assert_str_eq(obj_name(model.objs.items[2]), "t2");
	ck_assert_str_eq(obj_name(model.objs.items[3]), "t1");
	ck_assert_str_eq(obj_name(model.objs.items[4]), "5");
	/* cat etc/rapiddisk.yaml etc/rapiddisk.d/10.yaml usr/lib/rapiddisk.d/20.yaml |
	 * sha256sum */
	ck_assert_str_eq(
		sha256,
		"441f3183e13c14508b5b6d29a862bc48d818a57d88d4a7876c082760e5974083");
}
END_TEST

START_TEST(a_section_of_any_file_states_its_class)
{
	put("etc/rapiddisk.yaml", "version: 1\nthings:\n");
	ck_assert_int_eq(load(), 0);
	ck_assert(!model_states(&model, &fake_thing));
	model_done(&model);
	put(RUN "a.yaml", "version: 1\nthings: []\n");
	ck_assert_int_eq(load(), 0);
	ck_assert(model_states(&model, &fake_thing));
	ck_assert(!model_states(&model, &fake_gate));
}
END_TEST

/* The errors of loading main, ETC "a.yaml" and ETC "b.yaml". */
static const struct {
	const char *texts[3];
	const char *errors;
} clashes[] = {
	{ { "version: 1\nthings: [{name: t1, size: 4KiB}]\n", NULL,
	    "version: 1\nthings:\n  - size: 4KiB\n    name: t1\n" },
	  "/etc/rapiddisk.d/b.yaml:4:11: thing 't1' occurs twice; first at main:2:17\n"
	  "        name: t1\n"
	  "              ^\n" },
	{ { NULL, "version: 1\ngates: [{id: 4}]\n",
	    "version: 1\ngates: [{id: 5}, {id: 4}, {id: 4}]\n" },
	  "/etc/rapiddisk.d/b.yaml:2:23: gate '4' occurs twice; first at "
	  "/etc/rapiddisk.d/a.yaml:2:14\n"
	  "    gates: [{id: 5}, {id: 4}, {id: 4}]\n"
	  "                          ^\n"
	  "/etc/rapiddisk.d/b.yaml:2:32: gate '4' occurs twice; first at "
	  "/etc/rapiddisk.d/a.yaml:2:14\n"
	  "    gates: [{id: 5}, {id: 4}, {id: 4}]\n"
	  "                                   ^\n" },
	/* A mapping is one object. */
	{ { "version: 1\nlamp: {color: red}\n", "version: 1\nlamp:\n",
	    "version: 1\nlamp: {color: x}\n" },
	  "/etc/rapiddisk.d/b.yaml:2:7: the section 'lamp' occurs twice; first at "
	  "main:2:7\n"
	  "    lamp: {color: x}\n"
	  "          ^\n" },
	/* Each file has a version of its own. */
	{ { "version: 1\n", "things: []\n", NULL },
	  "/etc/rapiddisk.d/a.yaml:1:1: the key 'version' is missing; begin the file "
	  "with 'version: 1'\n"
	  "    things: []\n"
	  "    ^\n" },
	{ { "version: 1\n", "# nothing\n", NULL },
	  "/etc/rapiddisk.d/a.yaml: the file is empty; begin with 'version: 1'\n" },
	/* References are checked in the whole, unless a file is unknown. */
	{ { "version: 1\nthings: [{name: t1, size: 4KiB, other: t2}]\n", "version: 1\n",
	    NULL },
	  "main:2:40: thing 't1': the configuration has no thing 't2'\n"
	  "    things: [{name: t1, size: 4KiB, other: t2}]\n"
	  "                                           ^\n" },
	{ { "version: 1\nthings: [{name: t1, size: 4KiB, other: t2}]\n",
	    "version: 1\nthings: [{name: t2\n", NULL },
	  "/etc/rapiddisk.d/a.yaml:3:1: not valid YAML: did not find expected ',' or "
	  "'}', while parsing a flow mapping that starts at line 2\n"
	  "    \n"
	  "    ^\n" },
	{ { "version: 1\nthings: [{name: t1, size: 4KiB, other: t2}]\n",
	    "version: 2\nthings: [{name: t2}]\n", NULL },
	  "/etc/rapiddisk.d/a.yaml:1:10: unknown version '2'; this program knows "
	  "version 1\n"
	  "    version: 2\n"
	  "             ^\n" },
	/* All errors of all files, in one run. */
	{ { "version: 1\nthinks: []\n", "\xff", "version: 1\nthings: [{name: t1}]\n" },
	  "main:2:1: unknown key 'thinks'; did you mean 'things'?\n"
	  "    thinks: []\n"
	  "    ^\n"
	  "/etc/rapiddisk.d/a.yaml:1:1: not UTF-8; unexpected byte 0xFF\n"
	  "    ?\n"
	  "    ^\n"
	  "/etc/rapiddisk.d/b.yaml:2:10: thing 't1': the key 'size' is missing\n"
	  "    things: [{name: t1}]\n"
	  "             ^\n" },
};

START_TEST(errors_of_all_files_have_their_places)
{
	static const char *const names[] = { "etc/rapiddisk.yaml", ETC "a.yaml",
					     ETC "b.yaml" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (clashes[_i].texts[i])
			put(names[i], clashes[_i].texts[i]);
	ck_assert_int_eq(load(), -EINVAL);
	ck_assert_ptr_null(model.objs.items);
	expect_errors(clashes[_i].errors);
}
END_TEST

/* --- files that are refused --- */

static void make_directory(const char *name)
{
	_cleanup_free_ char *path = make_path(name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
}

static void make_fifo(const char *name)
{
	_cleanup_free_ char *path = make_path(name);

	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

START_TEST(dropins_of_other_types_are_refused)
{
	put("etc/rapiddisk.yaml", "version: 1\n");
	make_directory(ETC "a.yaml");
	make_fifo(ETC "b.yaml");
	put_link(ETC "c.yaml", "nowhere");
	put_link(ETC "d.yaml", "d.yaml");
	put_link(ETC "e.yaml", "/dev/zero");
	put(RUN "c.yaml", "version: 1\n");
	ck_assert_int_eq(load(), -EINVAL);
	expect_errors(
		"/etc/rapiddisk.d/a.yaml: is not a regular file but a directory\n"
		"/etc/rapiddisk.d/b.yaml: is not a regular file but a FIFO\n"
		"/etc/rapiddisk.d/c.yaml: cannot open the file: No such file or directory; "
		"the link leads nowhere, so delete the link or create its target\n"
		"/etc/rapiddisk.d/d.yaml: cannot open the file: Too many levels of "
		"symbolic links\n"
		"/etc/rapiddisk.d/e.yaml: is not a regular file but a device or socket\n");
}
END_TEST

START_TEST(a_directory_that_cannot_be_opened_is_refused)
{
	put("etc/rapiddisk.yaml", "version: 1\n");
	put("run/rapiddisk.d", "version: 1\n");
	put_link("etc/rapiddisk.d", "nowhere");
	ck_assert_int_eq(load(), -EINVAL);
	expect_errors("/run/rapiddisk.d: cannot open the directory: Not a directory\n"
		      "/etc/rapiddisk.d: cannot open the directory: No such file or "
		      "directory\n");
}
END_TEST

START_TEST(ten_thousand_dropins_are_read_and_more_are_refused)
{
	_cleanup_free_ char *first = make_path(ETC "0.yaml"), *got = NULL;
	int r;

	put(ETC "0.yaml", "version: 1\n");
	for (int i = 1; i < CONFIG_DROPINS_MAX; i++) {
		_cleanup_free_ char *path = NULL;

		r = str_format(&path, "%s/" ETC "%d.yaml", root, i);
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(link(first, path), 0);
	}
	ck_assert_int_eq(load(), 0);
	put(USR "x.yaml", "version: 1\n");
	ck_assert_int_eq(load(), -EINVAL);
	got = unit_diag_text(&diag);
	ck_assert_str_eq(got, "/etc/rapiddisk.d: the configuration has more than 10000 "
			      "drop-ins\n");
}
END_TEST

START_TEST(files_are_refused_that_are_too_large_together)
{
	_cleanup_free_ char *path = make_path(ETC "a.yaml");

	put("etc/rapiddisk.yaml", "version: 1\n");
	put(ETC "a.yaml", "version: 1\n");
	put(ETC "b.yaml", "version: 1\n");
	ck_assert_int_eq(truncate(path, CONFIG_SIZE_MAX - 10), 0);
	ck_assert_int_eq(read_trusting(CONFIG_OF_ANYBODY), -EINVAL);
	expect_errors(
		"/etc/rapiddisk.d/a.yaml: the files of the configuration are larger "
		"than 16 MiB together\n");
	ck_assert_int_eq(truncate(path, CONFIG_SIZE_MAX - 22), 0);
	ck_assert_int_eq(read_trusting(CONFIG_OF_ANYBODY), 0);
}
END_TEST

/* --- who could change them --- */

/* Owners and modes of a drop-in and of its directory, and the error if the tests run as root. */
static const struct {
	const char *name; /* of the file; "": there is only the directory */
	uid_t owner;
	mode_t mode;
	uid_t dir_owner;
	gid_t dir_group;
	mode_t dir_mode;
	const char *errors;
} owners[] = {
	{ "a.yaml", 0, 0644, 0, 0, 0755, "" },
	{ "a.yaml", 0, 0600, 0, 65534, 0750, "" },
	{ "a.yaml", 65534, 0644, 0, 0, 0755,
	  "/etc/rapiddisk.d/a.yaml: belongs to user 65534, who could command root; run "
	  "'chown root'\n" },
	{ "a.yaml", 0, 0666, 0, 0, 0755,
	  "/etc/rapiddisk.d/a.yaml: is writable by everybody, so anybody could command "
	  "root; run 'chmod o-w' on the file\n" },
	/* The owner of a mask could make it a configuration, or remove the mask. */
	{ "a.yaml-", 65534, 0644, 0, 0, 0755,
	  "/etc/rapiddisk.d/a.yaml: belongs to user 65534, who could command root; run "
	  "'chown root'\n" },
	{ "", 0, 0, 65534, 0, 0755,
	  "/etc/rapiddisk.d: belongs to user 65534, who could command root; run 'chown "
	  "root'\n" },
	{ "", 0, 0, 0, 65534, 0775,
	  "/etc/rapiddisk.d: is writable by group 65534, which could command root; run "
	  "'chmod g-w'\n" },
	/* Anybody could add a mask, sticky bit or not. */
	{ "", 0, 0, 0, 0, 01777,
	  "/etc/rapiddisk.d: is writable by everybody, so anybody could command root; "
	  "run 'chmod o-w'\n" },
	{ "a.yaml", 65534, 0666, 0, 0, 0777,
	  "/etc/rapiddisk.d: is writable by everybody, so anybody could command root; "
	  "run 'chmod o-w'\n" },
};

START_TEST(dropins_are_refused_that_others_could_change)
{
	_cleanup_free_ char *dir = make_path("etc/rapiddisk.d"), *path = NULL,
			    *name = NULL;

	if (geteuid() != 0)
		return;
	put("etc/rapiddisk.yaml", "version: 1\n");
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	if (*owners[_i].name) {
		ck_assert_int_eq(str_format(&name, ETC "%s", owners[_i].name), 0);
		make(name);
		name[strcspn(name, "-")] = '\0';
		path = make_path(name);
		ck_assert_int_eq(chown(path, owners[_i].owner, 0), 0);
		ck_assert_int_eq(chmod(path, owners[_i].mode), 0);
	}
	ck_assert_int_eq(chown(dir, owners[_i].dir_owner, owners[_i].dir_group), 0);
	ck_assert_int_eq(chmod(dir, owners[_i].dir_mode), 0);
	ck_assert_int_eq(read_trusting(CONFIG_OF_OWNER),
			 *owners[_i].errors ? -EINVAL : 0);
	expect_errors(owners[_i].errors);
}
END_TEST

START_TEST(dropins_that_cannot_be_read_are_errors)
{
	_cleanup_free_ char *file = make_path(ETC "a.yaml"),
			    *dir = make_path("run/rapiddisk.d");

	put("etc/rapiddisk.yaml", "version: 1\n");
	put(ETC "a.yaml", "version: 1\n");
	put(ETC "b.yaml", "version: 1\n");
	ck_assert_int_eq(mkdir(dir, 0), 0);
	ck_assert_int_eq(chmod(file, 0), 0);
	ck_assert_int_eq(chmod(root, 0755), 0);
	unit_drop_rights();
	ck_assert_int_eq(read_trusting(CONFIG_OF_ANYBODY), -EINVAL);
	unit_restore_rights();
	expect_errors(
		"/run/rapiddisk.d: cannot open the directory: Permission denied\n"
		"/etc/rapiddisk.d/a.yaml: cannot open the file: Permission denied\n");
}
END_TEST

Suite *suite_dropins(void)
{
	Suite *suite = suite_create("dropins");
	TCase *tcase = tcase_create("dropins");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, dropins_are_read_in_order_without_masked_ones, 0,
			    (int)ARRAY_SIZE(orders));
	tcase_add_test(tcase, dropins_are_read_beside_the_main_file_by_any_name);
	tcase_add_test(tcase, dropins_are_found_without_a_main_file);
	tcase_add_test(tcase, dropins_without_a_main_file_are_read_by_any_name_of_it);
	tcase_add_test(tcase, lists_of_all_files_are_joined);
	tcase_add_test(tcase, a_section_of_any_file_states_its_class);
	tcase_add_loop_test(tcase, errors_of_all_files_have_their_places, 0,
			    (int)ARRAY_SIZE(clashes));
	tcase_add_test(tcase, dropins_of_other_types_are_refused);
	tcase_add_test(tcase, a_directory_that_cannot_be_opened_is_refused);
	tcase_add_test(tcase, ten_thousand_dropins_are_read_and_more_are_refused);
	tcase_add_test(tcase, files_are_refused_that_are_too_large_together);
	tcase_add_loop_test(tcase, dropins_are_refused_that_others_could_change, 0,
			    (int)ARRAY_SIZE(owners));
	tcase_add_test(tcase, dropins_that_cannot_be_read_are_errors);
	suite_add_tcase(suite, tcase);
	return suite;
}
