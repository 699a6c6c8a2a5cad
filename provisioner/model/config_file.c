/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of the configuration: their checks, their bytes and their digest. */
#include "base/cleanup.h"
#include "base/str.h"
#include "model/config.h"
#include "model/config_dropins.h"
#include "model/config_trust.h"

#include <assert.h>
#include <fcntl.h>
#include <libgen.h>
#include <sha2.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static_assert(CONFIG_SHA256_LEN == SHA256_DIGEST_STRING_LENGTH, "hexadecimal and NUL");

void config_digest(const char *text, size_t len, char ret[static CONFIG_SHA256_LEN])
{
	SHA256Data((const uint8_t *)text, len, ret);
}

/* The files while they are read. */
struct reading {
	enum config_trust trust;
	struct diag *diag;
	size_t size; /* bytes of the files that were read */
	SHA2_CTX digest;
};

/* One of the files. */
struct source {
	const char *path;
	unsigned int file; /* its index in the diag */
	bool is_dropin;
};

/* --- one file --- */

static int report_open(struct reading *reading, const struct source *source, int error)
{
	const char *hint = "";
	struct stat st;

	if (error == ENOENT && lstat(source->path, &st) == 0)
		hint = "; the link leads nowhere, so delete the link or create its target";
	else if (error == ENOENT && !source->is_dropin)
		hint = "; examples are in " CONFIG_EXAMPLES_PATH;
	return diag_add(reading->diag, diag_whole(source->file),
			"cannot open the file: %s%s", strerror(error), hint);
}

static int report_size(struct reading *reading, const struct source *source)
{
	return diag_add(reading->diag, diag_whole(source->file),
			reading->size == 0 ? "is larger than %u MiB"
					   : "the files of the configuration are larger "
					     "than %u MiB together",
			CONFIG_SIZE_MAX >> 20);
}

/* Return: 0; -EINVAL after the error was added. */
static int check_file(struct reading *reading, const struct source *source,
		      const struct stat *st)
{
	struct src_pos whole = diag_whole(source->file);

	if (!S_ISREG(st->st_mode))
		return diag_add(reading->diag, whole, "is not a regular file but a %s",
				S_ISDIR(st->st_mode)	? "directory"
				: S_ISFIFO(st->st_mode) ? "FIFO"
							: "device or socket");
	if (geteuid() == 0 && st->st_mode & S_IWOTH)
		return diag_add(
			reading->diag, whole,
			"is writable by everybody, so anybody could command root; "
			"run 'chmod o-w' on the file");
	return (size_t)st->st_size > CONFIG_SIZE_MAX - reading->size
		       ? report_size(reading, source)
		       : 0;
}

/* Read to the end, because the file may grow or shrink, and files of procfs have size 0. */
static int read_all(int fd, size_t expected, struct reading *reading,
		    const struct source *source, char **ret, size_t *ret_len)
{
	size_t room = expected + 4096, len = 0;
	_cleanup_free_ char *text = malloc(room);

	while (text) {
		ssize_t n = read(fd, text + len, room - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return diag_add(reading->diag, diag_whole(source->file),
					"cannot read the file: %s", strerror(errno));
		len += (size_t)n;
		if (len > CONFIG_SIZE_MAX - reading->size)
			return report_size(reading, source);
		if (n == 0) {
			*ret_len = len;
			*ret = TAKE_PTR(text);
			return 0;
		}
		if (len == room) {
			char *grown = realloc(text, room * 2);

			if (!grown)
				return -ENOMEM;
			text = TAKE_PTR(grown);
			room *= 2;
		}
	}
	return -ENOMEM;
}

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Give the file its text in the diag. A mask gets no text. */
static int read_source(struct reading *reading, const struct source *source)
{
	_cleanup_close_ int fd =
		open(source->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	struct stat st;
	int r;

	if (fd < 0)
		return report_open(reading, source, errno);
	if (fstat(fd, &st) < 0)
		return diag_add(reading->diag, diag_whole(source->file),
				"cannot stat the file: %s", strerror(errno));
	if (source->is_dropin && is_null_device(&st))
		return 0;
	r = check_file(reading, source, &st);
	if (r == 0 && reading->trust == CONFIG_OF_OWNER)
		r = config_trust_check(fd, source->path, source->file, reading->diag);
	if (r == 0)
		r = read_all(fd, (size_t)st.st_size, reading, source, &text, &len);
	if (r < 0 || (source->is_dropin && len == 0))
		return r;
	reading->size += len;
	SHA256Update(&reading->digest, (const uint8_t *)text, len);
	return config_set_text(reading->diag, source->file, text, len);
}

/* --- all files --- */

static bool is_absent(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 && errno == ENOENT;
}

/* True if both paths exist and lead to one file, or one directory. */
static bool is_same(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && stat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Return: 1 if @path is etc/rapiddisk.yaml below @root, by whatever name; 0; -ENOMEM. */
static int is_main(const char *path, const char *root)
{
	_cleanup_free_ char *wanted = NULL, *copy = strdup(path);
	int r = str_format(&wanted, "%s" CONFIG_PATH, root);

	if (r < 0 || !copy)
		return -ENOMEM;
	if (streq(path, wanted) || is_same(path, wanted))
		return 1;
	/* Only its drop-ins exist. */
	return is_absent(path) && is_absent(wanted) &&
	       streq(name_of(path), name_of(wanted)) &&
	       is_same(dirname(copy), dirname(wanted));
}

static int read_dropins(struct reading *reading, const char *root,
			const struct dropins *dropins)
{
	int r = 0;

	vec_foreach (name, &dropins->paths) {
		_cleanup_free_ char *path = NULL;
		struct source source = { .is_dropin = true };

		r = str_format(&path, "%s%s", root, *name);
		if (r == 0)
			r = diag_add_file(reading->diag, *name, &source.file);
		if (r < 0)
			return r;
		source.path = path;
		r = read_source(reading, &source);
		if (r == -ENOMEM)
			return r;
	}
	return 0;
}

static int read_main(struct reading *reading, const char *path,
		     const struct dropins *dropins)
{
	const struct source source = { .path = path };

	/* The drop-ins alone are a configuration. */
	if (dropins->paths.count > 0 && is_absent(path))
		return 0;
	return read_source(reading, &source);
}

/* Return: the root directory as a prefix of paths. */
static const char *root_of(const struct config_source *source)
{
	return source->root && !streq(source->root, "/") ? source->root : "";
}

static int find_dropins(const struct config_source *source, struct diag *diag,
			struct dropins *ret)
{
	const char *root = root_of(source);
	int r = source->root ? is_main(source->path, root) : 0;

	return r > 0 ? dropins_find(root, source->trust, diag, ret) : r;
}

bool config_is_absent(const struct config_source *source)
{
	_cleanup_(dropins_done) struct dropins dropins = { 0 };
	_cleanup_(diag_done) struct diag diag = { 0 };

	return is_absent(source->path) && find_dropins(source, &diag, &dropins) == 0 &&
	       dropins.paths.count == 0;
}

int config_read(const struct config_source *source, struct diag *diag,
		char ret_sha256[static CONFIG_SHA256_LEN])
{
	_cleanup_(dropins_done) struct dropins dropins = { 0 };
	struct reading reading = { .trust = source->trust, .diag = diag };
	int r = find_dropins(source, diag, &dropins);

	SHA256Init(&reading.digest);
	if (r != -ENOMEM)
		r = read_main(&reading, source->path, &dropins);
	if (r != -ENOMEM)
		r = read_dropins(&reading, root_of(source), &dropins);
	if (r == -ENOMEM)
		return r;
	SHA256End(&reading.digest, ret_sha256);
	return diag_is_empty(diag) ? 0 : -EINVAL;
}

static int load(const struct config_source *source,
		const struct obj_class *const *classes, bool is_partial,
		struct diag *diag, struct model *ret, char *ret_sha256)
{
	char sha256[CONFIG_SHA256_LEN];
	int r = config_read(source, diag, sha256);

	/* After an error, the other files are parsed for theirs. */
	if (r != -ENOMEM)
		r = config_parse_texts(classes, is_partial, diag, ret);
	if (r == 0 && ret_sha256)
		memcpy(ret_sha256, sha256, sizeof(sha256));
	return r;
}

int config_load(const struct config_source *source,
		const struct obj_class *const *classes, struct diag *diag,
		struct model *ret, char ret_sha256[static CONFIG_SHA256_LEN])
{
	return load(source, classes, false, diag, ret, ret_sha256);
}

int config_load_section(const struct config_source *source, const struct obj_class *class,
			struct diag *diag, struct model *ret)
{
	const struct obj_class *const classes[] = { class, NULL };

	return load(source, classes, true, diag, ret, NULL);
}
