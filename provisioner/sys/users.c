/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Name the users of a block device: mounts, swap, exports and stacked devices. */
#include "sys/users.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/numbers.h"

#include <stdio.h>

#define NAMESPACES "sys/kernel/config/nvmet/subsystems/%s/namespaces"

static int add(struct users *users, const char *device, const char *what,
	       const char *where)
{
	struct users_entry entry = { .device = strdup(device) };
	int r = where ? str_format(&entry.words, "%s '%s'", what, where)
		      : str_format(&entry.words, "%s", what);

	if (r == 0)
		r = entry.device ? vec_push(&users->entries, entry) : -ENOMEM;
	if (r < 0) {
		free(entry.device);
		free(entry.words);
	}
	return r;
}

/* Decode the octal escapes of procfs, in place. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		unsigned int byte;

		if (sscanf(text, "\\%3o", &byte) == 1 &&
		    strspn(text + 1, "01234567") >= 3) {
			*out++ = (char)byte;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

/* A line: ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER */
static int add_mount(struct users *users, char *line)
{
	char *fields[5], *rest = line, *source;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return 0;
	}
	unescape(fields[4]);
	r = add(users, fields[2], "mounted on", fields[4]);
	/* The number of a btrfs mount is anonymous; the source names the disk. */
	source = rest ? strstr(rest, " - ") : NULL;
	if (r < 0 || !source)
		return r;
	source += 3;
	strsep(&source, " ");
	source = strsep(&source, " ");
	if (!source || source[0] != '/')
		return 0;
	return add(users, source, "mounted on", fields[4]);
}

static int add_swap(struct users *users, char *line)
{
	char *device = strsep(&line, " \t");

	return device[0] == '/' ? add(users, device, "used as swap", NULL) : 0;
}

static int for_each_line(struct users *users, const struct kfs *kfs, const char *path,
			 int (*fn)(struct users *users, char *line))
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	r = kfs_read(kfs, &text, "%s", path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	rest = text;
	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = fn(users, line);
	return r;
}

/* Add a namespace of an NVMe export: nvmet opens its device while it is enabled. */
static int add_namespace(struct users *users, const struct kfs *kfs,
			 const char *subsystem, const char *id)
{
	_cleanup_free_ char *path = NULL, *enabled = NULL;
	uint64_t number;
	char device[NUMBERS_TEXT_MAX];

	if (kfs_read(kfs, &enabled, NAMESPACES "/%s/enable", subsystem, id) < 0 ||
	    !streq(enabled, "1") ||
	    kfs_read(kfs, &path, NAMESPACES "/%s/device_path", subsystem, id) < 0 ||
	    path[0] != '/' || kfs_device_number(kfs, &number, "%s", path + 1) < 0)
		return 0;
	return add(users, numbers_format(number, device), "exported as", subsystem);
}

static int add_exports(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names subsystems = { 0 };
	int r = kfs_list(kfs, &subsystems, "sys/kernel/config/nvmet/subsystems");

	if (r < 0)
		return r == -ENOENT || r == -EACCES ? 0 : r;
	vec_foreach (subsystem, &subsystems.names) {
		_cleanup_(kfs_names_done) struct kfs_names ids = { 0 };

		if (kfs_list(kfs, &ids, NAMESPACES, *subsystem) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < ids.names.count; i++)
			r = add_namespace(users, kfs, *subsystem, ids.names.items[i]);
	}
	return r;
}

static int compare_entries(const void *a, const void *b)
{
	const struct users_entry *left = a, *right = b;

	return strcmp(left->device, right->device);
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct users_entry *)entry)->device);
}

static int load(struct users *users, const struct kfs *kfs)
{
	int r;

	if (users->loaded)
		return 0;
	r = for_each_line(users, kfs, "proc/self/mountinfo", add_mount);
	if (r == 0)
		r = for_each_line(users, kfs, "proc/swaps", add_swap);
	if (r == 0 && !users->no_exports)
		r = add_exports(users, kfs);
	if (r < 0) {
		users_done(users);
		return r;
	}
	if (users->entries.count > 0)
		qsort(users->entries.items, users->entries.count,
		      sizeof(*users->entries.items), compare_entries);
	users->loaded = true;
	return 0;
}

static const char *find(const struct users *users, const char *device)
{
	const struct users_entry *found = NULL;

	if (users->entries.count > 0)
		found = bsearch(device, users->entries.items, users->entries.count,
				sizeof(*found), compare_key);
	return found ? found->words : NULL;
}

int users_list_holders(const struct kfs *kfs, const char *name, struct kfs_names *ret)
{
	int r = kfs_list(kfs, ret, "sys/class/block/%s/holders", name);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (holder, &ret->names) {
		char *map;

		if (kfs_read(kfs, &map, "sys/class/block/%s/dm/name", *holder) < 0)
			continue;
		free(*holder);
		*holder = map;
	}
	return 0;
}

static int describe_holder(const struct kfs *kfs, const char *name, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	int r = users_list_holders(kfs, name, &holders);

	if (r < 0 || holders.names.count == 0)
		return r;
	return str_format(ret, "mapped by '%s'", holders.names.items[0]);
}

static int describe_one(struct users *users, const struct kfs *kfs, const char *name,
			char **ret)
{
	_cleanup_free_ char *number = NULL, *path = NULL;
	const char *found = NULL;
	int r = str_format(&path, "/dev/%s", name);

	if (r < 0)
		return r;
	if (kfs_read(kfs, &number, "sys/class/block/%s/dev", name) == 0)
		found = find(users, number);
	if (!found)
		found = find(users, path);
	if (!found)
		return describe_holder(kfs, name, ret);
	*ret = strdup(found);
	return *ret ? 0 : -ENOMEM;
}

/* The user of a partition uses the disk. */
static int describe_partitions(struct users *users, const struct kfs *kfs,
			       const char *disk, char **ret)
{
	_cleanup_(kfs_names_done) struct kfs_names names = { 0 };
	int r = kfs_list(kfs, &names, "sys/class/block/%s", disk);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	vec_foreach (name, &names.names) {
		_cleanup_free_ char *words = NULL;

		if (strncmp(*name, disk, strlen(disk)) != 0 ||
		    !kfs_exists(kfs, "sys/class/block/%s/partition", *name))
			continue;
		r = describe_one(users, kfs, *name, &words);
		if (r < 0)
			return r;
		if (words)
			return str_format(ret, "in use: its partition '%s' is %s", *name,
					  words);
	}
	return 0;
}

int users_describe(struct users *users, const struct kfs *kfs, const char *name,
		   char **ret)
{
	char *words = NULL;
	int r;

	r = load(users, kfs);
	if (r == 0)
		r = describe_one(users, kfs, name, &words);
	if (r == 0 && !words)
		r = describe_partitions(users, kfs, name, &words);
	if (r == 0)
		*ret = words;
	return r;
}

void users_done(struct users *users)
{
	vec_foreach (entry, &users->entries) {
		free(entry->device);
		free(entry->words);
	}
	vec_done(&users->entries);
	users->loaded = false;
}
