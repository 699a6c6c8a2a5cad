/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_pools.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"

#include <assert.h>

static const char *words_of(const struct users *users, uint64_t number)
{
	vec_foreach (entry, &users->entries) {
		if (entry->number == number)
			return entry->words;
	}
	return NULL;
}

/*
 * Add the devices @names, the members of one mounted file system. The mount of one member is
 * that of all; one that is not visible, such as that of a namespace without a process, has
 * the UUID.
 */
static int add_members(struct users *users, const struct kfs *kfs, const char *type,
		       const char *uuid, const struct kfs_names *names)
{
	_cleanup_free_ char *words = NULL;
	const char *mount = NULL;
	int r = 0;

	for (size_t i = 0; !mount && i < names->names.count; i++) {
		uint64_t number;

		if (devices_number(kfs, names->names.items[i], &number) == 0)
			mount = words_of(users, number);
	}
	if (mount)
		words = strdup(mount);
	else
		r = str_format(&words, "a device of the mounted %s '%s'", type, uuid);
	if (!words)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < names->names.count; i++) {
		uint64_t number;

		if (devices_number(kfs, names->names.items[i], &number) == 0 &&
		    !words_of(users, number))
			r = users_add(users, number, words, NULL);
	}
	return r;
}

/* The kernel has the directory of a file system only while it is mounted. */
static int list_btrfs(const struct kfs *kfs, const char *uuid, struct kfs_names *ret)
{
	return kfs_list_sorted(kfs, ret, "sys/fs/btrfs/%s/devices", uuid);
}

/* Each `dev-N` has a link `block` to its device. */
static int list_bcachefs(const struct kfs *kfs, const char *uuid, struct kfs_names *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names entries = { 0 };
	struct kfs_names devices = { 0 };
	int r = kfs_list_sorted(kfs, &entries, "sys/fs/bcachefs/%s", uuid);

	vec_foreach (entry, &entries.names) {
		char *name;

		if (r < 0 || strncmp(*entry, "dev-", strlen("dev-")) != 0 ||
		    kfs_link(kfs, &name, "sys/fs/bcachefs/%s/%s/block", uuid, *entry) < 0)
			continue;
		r = vec_push(&devices.names, name);
		if (r < 0)
			free(name);
	}
	if (r < 0)
		kfs_names_done(&devices);
	else
		*ret = devices;
	return r;
}

static const struct {
	const char *type;
	int (*list)(const struct kfs *kfs, const char *uuid, struct kfs_names *ret);
} pools[] = {
	{ "btrfs", list_btrfs },
	{ "bcachefs", list_bcachefs },
};

int users_add_pools(struct users *users, const struct kfs *kfs)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(pools); i++) {
		_cleanup_(kfs_names_done) struct kfs_names uuids = { 0 };

		r = kfs_missed(kfs,
			       kfs_list_sorted(kfs, &uuids, "sys/fs/%s", pools[i].type));
		vec_foreach (uuid, &uuids.names) {
			_cleanup_(kfs_names_done) struct kfs_names names = { 0 };

			if (r == 0 && pools[i].list(kfs, *uuid, &names) == 0)
				r = add_members(users, kfs, pools[i].type, *uuid, &names);
		}
	}
	return r;
}

static bool have_number(const struct kfs *kfs, const struct kfs_names *names,
			uint64_t wanted)
{
	vec_foreach (name, &names->names) {
		uint64_t number;

		if (devices_number(kfs, *name, &number) == 0 && number == wanted)
			return true;
	}
	return false;
}

static size_t find_type(const char *type)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(pools) && !streq(pools[i].type, type))
		i++;
	return i;
}

bool users_pool_is_type(const char *type)
{
	return find_type(type) < ARRAY_SIZE(pools);
}

bool users_pool_may_have(const struct kfs *kfs, const char *type, uint64_t number)
{
	_cleanup_(kfs_names_done) struct kfs_names uuids = { 0 };
	size_t i = find_type(type);
	bool is_listed = false;

	assert(i < ARRAY_SIZE(pools));
	if (kfs_list_sorted(kfs, &uuids, "sys/fs/%s", type) < 0)
		return true;
	vec_foreach (uuid, &uuids.names) {
		_cleanup_(kfs_names_done) struct kfs_names names = { 0 };

		if (pools[i].list(kfs, *uuid, &names) < 0)
			continue;
		if (have_number(kfs, &names, number))
			return true;
		is_listed |= names.names.count > 0;
	}
	return !is_listed;
}
