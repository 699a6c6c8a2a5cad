/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The users of devices by procfs. The parts: the mounts of the process, the swap areas, the mounts
 * of a process in another mount namespace, and a path, which lines in the form of the kernel have.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz/property.h"
#include "fuzz/scratch.h"
#include "sys/users.h"

static void make_machine(void)
{
	static const char *const disks[][2] = { { "sys/class/block/vda/dev", "254:0\n" },
						{ "sys/class/block/vdb/dev", "254:16\n" },
						{ "sys/class/block/vdc/dev", "254:32\n" },
						{ "sys/class/block/vdd/dev",
						  "254:48\n" } };

	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		scratch_text(disks[i][0], disks[i][1]);
	scratch_text("dev/vdc", "");
	scratch_text("dev/vdd", "");
	scratch_link("sys/class/block/vda", "../../block/vda");
	scratch_link("proc/self/ns/mnt", "mnt:[1]");
	scratch_link("proc/self/ns/user", "user:[1]");
	scratch_link("proc/812/ns/mnt", "mnt:[2]");
	scratch_link("proc/812/ns/user", "user:[1]");
}

/* Append @path as the kernel prints it: seq_path() with the escapes " \t\n\\". */
static void add_path(struct buf *out, const char *path)
{
	for (; *path; path++)
		buf_addf(out, strchr(" \t\n\\", *path) ? "\\%03o" : "%c",
			 (unsigned int)(unsigned char)*path);
}

/* Write a file: a line of the kernel, and then the part. */
static void put(const char *file, struct buf *line, struct part part)
{
	buf_add_bytes(line, part.bytes, part.len);
	scratch_put(file, line->data, line->len);
}

static const char *check_users(const struct kfs *kfs, const char *path)
{
	static const char *const disks[] = { "vda", "vdb", "vdc", "vdd" };
	_cleanup_(users_done) struct users users = { 0 };
	_cleanup_free_ char *mounted = NULL;

	if (str_format(&mounted, "mounted on '/%s'", path) < 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++) {
		_cleanup_free_ char *use = NULL;

		if (users_describe(&users, kfs, disks[i], &use) < 0)
			return "the users of a device can be found";
		if (i == 1 && (!use || !streq(use, mounted)))
			return "the first mount is told by its place, byte for byte";
		if (i > 0 && (!use || !use[0]))
			return "a mount and a swap area are users, whatever follows";
	}
	for (size_t i = 1; i < users.entries.count; i++)
		if (users.entries.items[i].number < users.entries.items[i - 1].number)
			return "users are sorted by their device";
	return NULL;
}

const char *mounts_property_check(const char *bytes, size_t len)
{
	struct part rest = { bytes, len }, mounts = part_next(&rest),
		    swaps = part_next(&rest), others = part_next(&rest);
	_cleanup_(buf_done) struct buf own = { 0 }, swap = { 0 }, other = { 0 };
	_cleanup_(kfs_done) struct kfs kfs = { .root_fd = -1 };
	_cleanup_free_ char *path = part_text(rest);
	static bool is_made;

	if (!is_made)
		make_machine();
	is_made = true;
	buf_add(&own, "30 22 254:16 / /");
	add_path(&own, path);
	buf_add(&own, " rw shared:1 - ext4 /dev/vdb rw\n");
	put("proc/self/mountinfo", &own, mounts);
	buf_add(&swap, "Filename\t\t\t\tType\t\tSize\n/dev/vdc partition\t8\t0\t-2\n");
	put("proc/swaps", &swap, swaps);
	buf_add(&other, "31 22 254:48 / /");
	add_path(&other, path);
	buf_add(&other, " rw - ext4 /dev/vdd rw\n");
	put("proc/812/mountinfo", &other, others);
	if (kfs_init(&kfs, scratch_root(), NULL) < 0)
		return NULL;
	return check_users(&kfs, path);
}
