/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Say how LVM finds a physical volume on its cache. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "sys/udev.h"

int cache_advise_on_lvm(struct sys *sys, uint64_t number, char **ret)
{
	_cleanup_free_ char *type = NULL, *path = NULL;
	int r;

	if (!sys->udev || sys->udev->get(sys, number, "ID_FS_TYPE", &type) < 0 ||
	    !streq(type, "LVM2_member"))
		return 0;
	r = devices_path(&sys->kfs, number, &path);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return str_format(ret,
			  "; cache the logical volume instead, or let LVM find its "
			  "physical volume on the cache: add 'devices { global_filter = "
			  "[ \"r|^%s$|\" ] }' to /etc/lvm/lvmlocal.conf, run "
			  "'update-initramfs -u' and restart",
			  path);
}
