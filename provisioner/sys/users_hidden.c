/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The claims that neither a mount nor a holder of sysfs shows, but another file of the kernel.
 * A claim that no file shows is met by the hold of a step (sys/hold.h). For ZFS, see sys/zfs.h.
 */
#include "sys/users_hidden.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"

static bool has_holders(const struct kfs *kfs, const char *name)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };

	return kfs_list(kfs, &holders, "sys/class/block/%s/holders", name) == 0 &&
	       holders.names.count > 0;
}

/*
 * A device that is registered with bcache has a directory `bcache`. The device of bcache itself
 * has a link of this name. A backing device that is attached has a holder, which says more.
 */
static bool is_of_bcache(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *link = NULL;

	return kfs_exists(kfs, "sys/class/block/%s/bcache", name) &&
	       kfs_link(kfs, &link, "sys/class/block/%s/bcache", name) < 0 &&
	       !has_holders(kfs, name);
}

static int add_bcaches(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = 0;

	if (kfs_exists(kfs, "sys/fs/bcache"))
		r = kfs_list_sorted(kfs, &names, "sys/class/block");
	vec_foreach (name, &names.names) {
		uint64_t number;

		if (r == 0 && is_of_bcache(kfs, *name) &&
		    devices_number(kfs, *name, &number) == 0)
			r = users_add(users, number, "a device of bcache", NULL);
	}
	return kfs_missed(kfs, r);
}

/* zram writes idle pages to a device: `/dev/vdb`, or the path of a file, or `none`. */
static int add_zrams(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = 0;

	if (kfs_exists(kfs, "sys/module/zram"))
		r = kfs_list_sorted(kfs, &disks, "sys/block");
	vec_foreach (disk, &disks.names) {
		_cleanup_free_ char *path = NULL;
		uint64_t number;

		if (r == 0 && strncmp(*disk, "zram", strlen("zram")) == 0 &&
		    kfs_read(kfs, &path, "sys/block/%s/backing_dev", *disk) == 0 &&
		    devices_find_node(kfs, path, &number) == 0)
			r = users_add(users, number, "the backing device of", *disk);
	}
	return kfs_missed(kfs, r);
}

/* A journal on a device of its own has the name of the device; one in a file has `vda1-8`. */
static int add_journals(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = kfs_missed(kfs, kfs_list_sorted(kfs, &names, "proc/fs/jbd2"));

	vec_foreach (name, &names.names) {
		uint64_t number;

		if (r == 0 && devices_number(kfs, *name, &number) == 0)
			r = users_add(users, number,
				      "the journal of a mounted file system", NULL);
	}
	return r;
}

/*
 * The kernel has a directory of a file system while it is mounted, also if no process shows the
 * mount point: that of a mount namespace without a process, or of a busy file system after
 * `umount -l`.
 */
static int add_file_systems(struct users *users, const struct kfs *kfs, const char *type)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	_cleanup_free_ char *words = NULL;
	int r = kfs_missed(kfs, kfs_list_sorted(kfs, &names, "sys/fs/%s", type));

	if (r == 0 && names.names.count > 0)
		r = str_format(&words,
			       "the device of a mounted %s without a visible mount point",
			       type);
	vec_foreach (name, &names.names) {
		uint64_t number;

		if (r == 0 && devices_number(kfs, *name, &number) == 0)
			r = users_add(users, number, words, NULL);
	}
	return r;
}

int users_add_hidden(struct users *users, const struct kfs *kfs)
{
	static const char *const types[] = { "ext4", "xfs", "f2fs", "nilfs2" };
	int r = add_bcaches(users, kfs);

	if (r == 0)
		r = add_zrams(users, kfs);
	if (r == 0)
		r = add_journals(users, kfs);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(types); i++)
		r = add_file_systems(users, kfs, types[i]);
	return r;
}
