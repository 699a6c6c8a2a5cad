/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Say how LVM finds a physical volume on its cache. */
#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "sys/udev.h"

/*
 * True if LVM can match the link in a filter, and the link stays with the disk. LVM's own link,
 * `lvm-pv-uuid-`, leads to the cache too.
 */
static bool is_stable_link(const char *link)
{
	static const char dir[] = "/dev/disk/by-id/", of_lvm[] = "lvm-pv-uuid-",
			  plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789/-_:";

	return strncmp(link, dir, strlen(dir)) == 0 &&
	       strncmp(link + strlen(dir), of_lvm, strlen(of_lvm)) != 0 &&
	       link[strspn(link, plain)] == '\0';
}

/*
 * Return a path that the device has after a restart, too, if udev knows one. A filter that
 * matches another disk by then hides the volumes of that disk.
 */
static int find_stable_path(struct sys *sys, uint64_t number, char **ret)
{
	_cleanup_free_ char *links = NULL;
	char *rest, *link;

	if (sys->udev->get(sys, number, "DEVLINKS", &links) < 0)
		return devices_path(&sys->kfs, number, ret);
	rest = links;
	while ((link = strsep(&rest, " "))) {
		if (!is_stable_link(link))
			continue;
		*ret = strdup(link);
		return *ret ? 0 : -ENOMEM;
	}
	return devices_path(&sys->kfs, number, ret);
}

/* LVM ignores its filters while it uses a devices file. */
static bool has_devices_file(const struct kfs *kfs)
{
	return kfs_exists(kfs, "etc/lvm/devices/system.devices");
}

/*
 * An entry of a devices file is no way to a cache: LVM has no identity for our maps, takes their
 * entry for a name that may change, and activates whatever disk has the physical volume first.
 */
int cache_advise_on_lvm(struct sys *sys, const struct obj *want, char **ret)
{
	_cleanup_free_ char *type = NULL, *path = NULL;
	uint64_t number = cache_of(want)->source.number;
	bool has_file = has_devices_file(&sys->kfs);
	int r;

	if (!sys->udev || sys->udev->get(sys, number, "ID_FS_TYPE", &type) < 0 ||
	    !streq(type, "LVM2_member"))
		return 0;
	r = find_stable_path(sys, number, &path);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return str_format(ret,
			  "; cache the logical volume instead, or let LVM find its "
			  "physical volume on the cache: add 'devices { "
			  "%sglobal_filter = [ \"r|^%s$|\" ] }' to "
			  "/etc/lvm/lvmlocal.conf%s, run 'update-initramfs -u' and "
			  "restart",
			  has_file ? "use_devicesfile = 0 " : "", path,
			  has_file ? " (LVM then searches all other disks, too)" : "");
}
