/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_exports.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"

#include <stdio.h>

#define SUBSYSTEMS "sys/kernel/config/nvmet/subsystems"
#define NAMESPACES SUBSYSTEMS "/%s/namespaces"

/* --- NVMe --- */

static int add_export(struct users *users, uint64_t number, const char *subsystem)
{
	int r = users_add(users, number, "exported as", subsystem);
	char **export;

	if (r < 0)
		return r;
	export = &users->entries.items[users->entries.count - 1].export;
	*export = strdup(subsystem);
	return *export ? 0 : -ENOMEM;
}

/* Add a namespace of an NVMe export: nvmet opens its device while it is enabled. */
static int add_namespace(struct users *users, const struct kfs *kfs,
			 const char *subsystem, const char *id)
{
	_cleanup_free_ char *path = NULL, *enabled = NULL;
	uint64_t number;

	if (kfs_read(kfs, &enabled, NAMESPACES "/%s/enable", subsystem, id) < 0 ||
	    !streq(enabled, "1") ||
	    kfs_read(kfs, &path, NAMESPACES "/%s/device_path", subsystem, id) < 0 ||
	    devices_find_node(kfs, path, &number) < 0)
		return 0;
	return add_export(users, number, subsystem);
}

/*
 * True if the disk is a namespace of the controller. With the kernel's multipath, the disk belongs
 * to a subsystem, which has a link to each of its controllers.
 */
static bool is_of_controller(const struct kfs *kfs, const char *disk,
			     const char *controller)
{
	_cleanup_free_ char *parent = NULL;

	return (kfs_link(kfs, &parent, "sys/block/%s/device", disk) == 0 &&
		streq(parent, controller)) ||
	       kfs_exists(kfs, "sys/block/%s/device/%s", disk, controller);
}

/* Return: 0 and the name of the controller that is exported as a whole (passthru), or -errno. */
static int find_passthru(const struct kfs *kfs, const char *subsystem, char **ret)
{
	static const char dev[] = "/dev/";
	_cleanup_free_ char *path = NULL, *enabled = NULL;

	if (kfs_read(kfs, &enabled, SUBSYSTEMS "/%s/passthru/enable", subsystem) < 0 ||
	    !streq(enabled, "1") ||
	    kfs_read(kfs, &path, SUBSYSTEMS "/%s/passthru/device_path", subsystem) < 0 ||
	    strncmp(path, dev, strlen(dev)) != 0)
		return -ENOENT;
	*ret = strdup(path + strlen(dev));
	return *ret ? 0 : -ENOMEM;
}

static int add_passthru(struct users *users, const struct kfs *kfs, const char *subsystem)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	_cleanup_free_ char *controller = NULL;
	int r = find_passthru(kfs, subsystem, &controller);

	if (r == 0)
		r = kfs_list_sorted(kfs, &disks, "sys/block");
	vec_foreach (disk, &disks.names) {
		uint64_t number;

		if (r == 0 && strncmp(*disk, "nvme", strlen("nvme")) == 0 &&
		    is_of_controller(kfs, *disk, controller) &&
		    devices_number(kfs, *disk, &number) == 0)
			r = add_export(users, number, subsystem);
	}
	return r == -ENOENT ? 0 : r;
}

static int add_exports(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	bool has_controllers = kfs_exists(kfs, "sys/class/nvme");
	int r = kfs_list_sorted(kfs, &subsystems, SUBSYSTEMS);

	if (r < 0)
		return r == -EACCES ? 0 : r;
	vec_foreach (subsystem, &subsystems.names) {
		_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };

		if (kfs_list(kfs, &ids, NAMESPACES, *subsystem) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < ids.names.count; i++)
			r = add_namespace(users, kfs, *subsystem, ids.names.items[i]);
		if (r == 0 && has_controllers)
			r = add_passthru(users, kfs, *subsystem);
	}
	return r;
}

/* --- the SCSI target --- */

#define SCSI_TARGETS "sys/kernel/config/target/core"

static int add_scsi_device(struct users *users, const struct kfs *kfs, const char *hba,
			   const char *name)
{
	_cleanup_free_ char *path = NULL;
	uint64_t number;

	if (kfs_read(kfs, &path, SCSI_TARGETS "/%s/%s/udev_path", hba, name) < 0 ||
	    devices_find_node(kfs, path, &number) < 0)
		return 0;
	return users_add(users, number, "exported as SCSI target", name);
}

static int add_scsi_targets(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names hbas = { 0 };
	int r = kfs_list_sorted(kfs, &hbas, SCSI_TARGETS);

	if (r < 0)
		return r == -EACCES ? 0 : r;
	vec_foreach (hba, &hbas.names) {
		_cleanup_(kfs_names_done) struct kfs_names names = { 0 };

		if (kfs_list_sorted(kfs, &names, SCSI_TARGETS "/%s", *hba) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < names.names.count; i++)
			r = add_scsi_device(users, kfs, *hba, names.names.items[i]);
	}
	return r;
}

int users_add_exports(struct users *users, const struct kfs *kfs)
{
	int r = add_exports(users, kfs);

	return r < 0 ? r : add_scsi_targets(users, kfs);
}
