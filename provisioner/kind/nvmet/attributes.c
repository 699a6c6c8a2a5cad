/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read and write attributes of nvmet, and hint at the cause of an errno. */
#include "kind/nvmet/attributes.h"

#include "base/cleanup.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

const char *nvmet_hint(int error)
{
	switch (error) {
	case -ENOENT:
		return "check that this kernel's nvmet has the attribute, and "
		       "that configfs is mounted on '/sys/kernel/config'";
	case -EADDRINUSE:
		return "another service has this address and service: see 'ss "
		       "-ltnp'";
	case -EADDRNOTAVAIL:
		return "this machine does not have this address";
	case -EBUSY:
	case -ENOTEMPTY:
		return "another object in nvmet's configfs uses the directory";
	case -EACCES:
	case -EPERM:
		return "run as root";
	default:
		return "see the kernel's log";
	}
}

static void trim(char *text)
{
	size_t len = strlen(text), start = strspn(text, " \t\n");

	while (len > start && strchr(" \t\n", text[len - 1]))
		len--;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
}

int nvmet_read(const struct kfs *kfs, char **ret, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;
	int r;

	*ret = NULL;
	va_start(args, fmt);
	r = kfs_vread(kfs, &text, fmt, args);
	va_end(args);
	if (r < 0)
		return r == -ENOENT ? 0 : kfs_missed(kfs, r);
	trim(text);
	/* The kernel prints an unset path with printf(). */
	if (text[0] != '\0' && !streq(text, "(null)"))
		*ret = TAKE_PTR(text);
	return 0;
}

int nvmet_set(struct sys *sys, struct buf *why, const char *dir, const char *name,
	      const char *value, const char *shown)
{
	int r = kfs_write(&sys->kfs, value, "%s/%s", dir, name);

	if (r < 0 && !shown)
		return kind_fail(why, r, nvmet_hint(r), "cannot set '%s'", name);
	return r < 0 ? kind_fail(why, r, nvmet_hint(r), "cannot set '%s' to '%s'", name,
				 shown)
		     : 0;
}
