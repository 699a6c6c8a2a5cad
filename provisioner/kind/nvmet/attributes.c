/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read and write attributes of nvmet, and hint at the cause of an errno. */
#include "kind/nvmet/attributes.h"

#include "base/cleanup.h"
#include "kind/say.h"
#include "sys/kfs_change.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

bool nvmet_number(const char *name, uint64_t *ret)
{
	char decimal[21];

	*ret = strtoull(name, NULL, 0);
	snprintf(decimal, sizeof(decimal), "%" PRIu64, *ret);
	return streq(name, decimal);
}

const struct nvmet_extra nvmet_extras[] = {
	{ "export", "attr_cntlid_min", { "1" } },
	{ "export", "attr_cntlid_max", { "65519" } },
	{ "export", "attr_qid_max", { "128" } },
	{ "export", "attr_pi_enable", { "0" } },
	{ "export", "attr_ieee_oui", { "0x000000" } },
	{ "export", "attr_vendor_id", { "0x0" } },
	{ "export", "attr_subsys_vendor_id", { "0x0" } },
	{ "namespace", "ana_grpid", { "1" } },
	{ "namespace", "buffered_io", { "0" } },
	{ "namespace", "resv_enable", { "0" } },
	{ "port", "param_pi_enable", { "0" } },
	{ "port", "param_mdts", { "0" } },
	/* Unset until the port opens; four pages of tcp, one of rdma. */
	{ "port", "param_inline_data_size", { "-1", "16384", "4096" } },
	{ 0 },
};

int nvmet_note_extra(struct obj *obj, const struct nvmet_extra *extra, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(extra->defaults) && extra->defaults[i]; i++)
		if (streq(value, extra->defaults[i]))
			return 0;
	return obj_note(&obj->extra, "%s '%s'", extra->name, value);
}

int nvmet_note_group(struct obj *obj, const char *id, const char *state)
{
	return streq(id, "1") && streq(state, "optimized")
		       ? 0
		       : obj_note(&obj->extra, "ANA group '%s' is '%s'", id, state);
}

int nvmet_read_extras(const struct kfs *kfs, struct obj *obj, const char *dir)
{
	int r = 0;

	for (const struct nvmet_extra *extra = nvmet_extras; r == 0 && extra->name;
	     extra++) {
		_cleanup_free_ char *value = NULL;

		if (!streq(extra->class, obj->class->name))
			continue;
		r = nvmet_read(kfs, &value, "%s/%s", dir, extra->name);
		if (r == 0 && value)
			r = nvmet_note_extra(obj, extra, value);
	}
	return r;
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
