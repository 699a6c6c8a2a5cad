/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Load kernel modules. */
#include "kind/module/module.h"
#include "kind/say.h"

#include <errno.h>
#include <string.h>

/* The project's own modules, and those of the kernel, come from different packages. */
const char *module_hint(const char *name, int error)
{
	switch (error) {
	case -ENOENT:
		return strncmp(name, "rapiddisk", strlen("rapiddisk")) == 0
			       ? "install the module for this kernel ('make modules "
				 "install', or DKMS: see the README)"
			       : "the module is part of the kernel, and this kernel was "
				 "built without the module; boot another kernel";
	case -EPERM:
		return "see /etc/modprobe.d, and the kernel's log for lockdown";
	case -EKEYREJECTED:
		return "sign the module with a key that this kernel trusts";
	case -ENOEXEC:
		return "build the module for this kernel";
	default:
		return "see the kernel's log";
	}
}

int module_create(struct sys *sys, const struct obj *want, struct buf *why)
{
	int r = sys->load_module ? sys->load_module(obj_name(want), &sys->fault)
				 : -EOPNOTSUPP;

	if (r < 0)
		return kind_fail(why, r, module_hint(obj_name(want), r),
				 "cannot load the kernel module");
	return 0;
}
