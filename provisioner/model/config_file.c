/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of the configuration: its checks, its bytes and its digest. */
#include "base/cleanup.h"
#include "model/config.h"

#include <assert.h>
#include <fcntl.h>
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

static int load(const char *path, const struct obj_class *const *classes, bool is_partial,
		struct diag *diag, struct model *ret, char *ret_sha256)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	ssize_t size;
	int r;

	if (fd < 0)
		return diag_add(diag, (struct src_pos){ 0 }, "cannot open the file: %s",
				strerror(errno));
	size = check_file(fd, diag);
	if (size < 0)
		return (int)size;
	r = read_all(fd, (size_t)size, diag, &text, &len);
	if (r < 0)
		return r;
	r = config_parse_some(text, len, classes, is_partial, diag, ret);
	if (r == 0 && ret_sha256)
		config_digest(text, len, ret_sha256);
	return r;
}

int config_load(const char *path, const struct obj_class *const *classes,
		struct diag *diag, struct model *ret,
		char ret_sha256[static CONFIG_SHA256_LEN])
{
	return load(path, classes, false, diag, ret, ret_sha256);
}

int config_load_section(const char *path, const struct obj_class *class,
			struct diag *diag, struct model *ret)
{
	const struct obj_class *const classes[] = { class, NULL };

	return load(path, classes, true, diag, ret, NULL);
}
