/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files with the keys of a host. */
#include "base/cleanup.h"
#include "kind/host/host.h"
#include "kind/say.h"
#include "model/pattern.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The longest secret is 64 bytes, and a checksum, in base64: a file beyond is no key. */
#define KEY_MAX	    512
#define KEY_PATTERN "^DHHC-1:0[0-3]:[A-Za-z0-9+/]+=*:$"

/* Return: 0, with want->unmet set where the file is not as it has to be; -ENOMEM. */
static int check_key_file(const struct kfs *kfs, struct obj *want, int fd,
			  const char *path)
{
	uid_t root = kfs->is_sysroot ? geteuid() : 0;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return kind_set_unmet(want, "cannot check key file '%s': %s", path,
				      strerror(errno));
	if (!S_ISREG(st.st_mode))
		return kind_set_unmet(want, "key file '%s' is not a regular file", path);
	if (st.st_uid != root)
		return kind_set_unmet(
			want,
			"key file '%s' belongs to user %u; run 'chown root' on the "
			"file",
			path, st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return kind_set_unmet(
			want,
			"key file '%s' is open to others (mode %04o); run 'chmod "
			"600' on the file and replace the key",
			path, st.st_mode & 07777);
	if (st.st_size > KEY_MAX)
		return kind_set_unmet(want, "key file '%s' is too large for a key", path);
	return 0;
}

/* No message quotes the content of the file. */
static int take_key(struct obj *want, unsigned int index, char *text, const char *path)
{
	size_t offset;
	int r;

	text[strcspn(text, " \t\r\n")] = '\0';
	r = pattern_check(KEY_PATTERN, text, &offset);
	if (r == -EINVAL)
		return kind_set_unmet(
			want,
			"key file '%s' holds no key of the form 'DHHC-1:NN:...:'; "
			"create one with 'nvme gen-dhchap-key'",
			path);
	return r < 0 ? r : field_set_string(want, index, text);
}

static int read_key_file(const struct kfs *kfs, struct obj *want, unsigned int index,
			 const char *path)
{
	_cleanup_close_ int fd =
		kfs_open(kfs, O_RDONLY | O_NONBLOCK | O_NOCTTY, "%s", path + 1);
	char text[KEY_MAX + 1];
	ssize_t n;
	int r;

	if (fd < 0)
		return kind_set_unmet(want, "cannot open key file '%s': %s", path,
				      strerror(-fd));
	r = check_key_file(kfs, want, fd, path);
	if (r < 0 || want->unmet)
		return r;
	n = read(fd, text, KEY_MAX);
	if (n < 0)
		return kind_set_unmet(want, "cannot read key file '%s': %s", path,
				      strerror(errno));
	text[n] = '\0';
	r = take_key(want, index, text, path);
	explicit_bzero(text, sizeof(text));
	return r;
}

int host_read_keys(const struct kfs *kfs, struct obj *want)
{
	const struct host *host = host_of(want);
	int r = 0;

	if (field_is_set(want, HOST_KEY_FILE))
		r = read_key_file(kfs, want, HOST_KEY, host->dhchap_key_file);
	if (r == 0 && !want->unmet && field_is_set(want, HOST_CTRL_KEY_FILE))
		r = read_key_file(kfs, want, HOST_CTRL_KEY, host->dhchap_ctrl_key_file);
	return r;
}
