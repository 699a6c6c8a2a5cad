/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_load.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"
#include "sys/users_exports.h"
#include "sys/users_hidden.h"
#include "sys/users_mounts.h"
#include "sys/users_pools.h"

/* --- loop devices --- */

static int add_loop(struct users *users, const struct kfs *kfs, uint64_t number,
		    const char *loop)
{
	int r = users_add(users, number, "mapped by", loop);

	if (r == 0)
		(void)devices_number(kfs, loop,
				     &users->entries.items[users->entries.count - 1].by);
	return r;
}

/* A loop device opens its file, which may be a block device, without a claim. */
static int add_loops(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list_sorted(kfs, &disks, "sys/block");

	vec_foreach (disk, &disks.names) {
		_cleanup_free_ char *path = NULL;
		uint64_t number;

		if (r == 0 && strncmp(*disk, "loop", strlen("loop")) == 0 &&
		    kfs_read(kfs, &path, "sys/block/%s/loop/backing_file", *disk) == 0 &&
		    devices_find_node(kfs, path, &number) == 0)
			r = add_loop(users, kfs, number, *disk);
	}
	return r;
}

void users_done(struct users *users)
{
	vec_foreach (entry, &users->entries) {
		free(entry->words);
		free(entry->export);
	}
	vec_done(&users->entries);
	free(users->unread);
	*users = (struct users){ 0 };
}

int users_load(struct users *users, const struct kfs *kfs)
{
	int r;

	if (users->loaded)
		return 0;
	if ((r = users_add_mounts(users, kfs)) == 0 &&
	    (r = users_add_pools(users, kfs)) == 0 && (r = add_loops(users, kfs)) == 0 &&
	    (r = users_add_exports(users, kfs)) == 0)
		r = users_add_hidden(users, kfs);
	if (r < 0) {
		users_done(users);
		return r;
	}
	users_sort(users);
	users->loaded = true;
	return 0;
}
