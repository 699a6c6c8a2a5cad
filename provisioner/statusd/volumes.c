/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Read the memory and the disks of the machine for the peer's list of resources. */
#include "statusd/volumes.h"

#include "base/cleanup.h"

#include <inttypes.h>

static void volume_done(struct view_volume *volume)
{
	free(volume->name);
	free(volume->vendor);
	free(volume->model);
}

/* The peer lists only these. A path of an NVMe namespace is hidden below its multipath. */
static bool is_volume(const char *name)
{
	static const char *const prefixes[] = { "sd", "nvme", "pmem" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* SCSI pads them with blanks. Return: NULL: the disk has none. */
static char *read_trimmed(const struct kfs *kfs, const char *disk, const char *attribute)
{
	char *text = NULL;

	if (kfs_read(kfs, &text, "sys/block/%s/device/%s", disk, attribute) < 0)
		return NULL;
	for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
	return text;
}

static int add_volume(const struct kfs *kfs, const char *name, struct view *view)
{
	struct view_volume volume = { .name = strdup(name) };
	int r = volume.name ? 0 : -ENOMEM;

	if (r == 0)
		r = kfs_read_sectors(kfs, &volume.size_bytes, "sys/block/%s/size", name);
	if (r == 0) {
		volume.vendor = read_trimmed(kfs, name, "vendor");
		volume.model = read_trimmed(kfs, name, "model");
		r = vec_push(&view->volumes, volume);
	}
	if (r < 0)
		volume_done(&volume);
	return r == -ENOMEM ? r : 0;
}

void memory_look(const struct kfs *kfs, struct view *view)
{
	_cleanup_free_ char *text = NULL;
	const char *total, *unused;
	uint64_t total_kib, free_kib;

	if (kfs_read(kfs, &text, "proc/meminfo") < 0)
		return;
	total = strstr(text, "MemTotal:");
	unused = strstr(text, "MemFree:");
	if (total && sscanf(total, "MemTotal: %" SCNu64 " kB", &total_kib) == 1)
		view->ram_bytes = total_kib * 1024;
	if (unused && sscanf(unused, "MemFree: %" SCNu64 " kB", &free_kib) == 1)
		view->free_bytes = free_kib * 1024;
}

int volumes_look(const struct kfs *kfs, struct view *view)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list_sorted(kfs, &disks, "sys/block");

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vec_foreach (name, &disks.names) {
		if (r == 0 && is_volume(*name))
			r = add_volume(kfs, *name, view);
	}
	return r;
}

void volumes_done(struct view *view)
{
	vec_foreach (volume, &view->volumes)
		volume_done(volume);
	vec_done(&view->volumes);
}
