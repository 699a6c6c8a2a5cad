/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_exports.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"

#include <stdio.h>

#define NAMESPACES "sys/kernel/config/nvmet/subsystems/%s/namespaces"

/* --- NVMe --- */

/* Add a namespace of an NVMe export: nvmet opens its device while it is enabled. */
static int add_namespace(struct users *users, const struct kfs *kfs,
			 const char *subsystem, const char *id)
{
	_cleanup_free_ char *path = NULL, *enabled = NULL;
	uint64_t number;
	int r;

	if (kfs_read(kfs, &enabled, NAMESPACES "/%s/enable", subsystem, id) < 0 ||
	    !streq(enabled, "1") ||
	    kfs_read(kfs, &path, NAMESPACES "/%s/device_path", subsystem, id) < 0 ||
	    devices_find_node(kfs, path, &number) < 0)
		return 0;
	r = users_add(users, number, "exported as", subsystem);
	if (r == 0)
		users->entries.items[users->entries.count - 1].is_export = true;
	return r;
}

static int add_exports(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = kfs_list_sorted(kfs, &subsystems, "sys/kernel/config/nvmet/subsystems");

	if (r < 0)
		return r == -EACCES ? 0 : r;
	vec_foreach (subsystem, &subsystems.names) {
		_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };

		if (kfs_list(kfs, &ids, NAMESPACES, *subsystem) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < ids.names.count; i++)
			r = add_namespace(users, kfs, *subsystem, ids.names.items[i]);
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
