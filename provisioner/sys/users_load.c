/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_load.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices.h"
#include "sys/numbers.h"

#include <stdio.h>
#include <sys/sysmacros.h>

#define NAMESPACES "sys/kernel/config/nvmet/subsystems/%s/namespaces"

/* @where: NULL: @what says all. */
static int add(struct users *users, uint64_t number, const char *what, const char *where)
{
	struct users_entry entry = { .number = number, .order = users->entries.count };
	int r = where ? str_format(&entry.words, "%s '%s'", what, where)
		      : str_format(&entry.words, "%s", what);

	if (r == 0)
		r = vec_push(&users->entries, entry);
	if (r < 0)
		free(entry.words);
	return r;
}

/* --- mounts and swap areas --- */

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
static int add_mount(struct users *users, const struct kfs *kfs, char *line)
{
	char *fields[5], *rest = line, *source;
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return 0;
	}
	unescape(fields[4]);
	if (numbers_parse(fields[2], &number) < 0)
		return 0;
	if (major(number) != 0)
		return add(users, number, "mounted on", fields[4]);
	/* The number of a btrfs mount is anonymous; the source names the disk. */
	source = rest ? strstr(rest, " - ") : NULL;
	if (!source)
		return 0;
	source += 3;
	strsep(&source, " ");
	source = strsep(&source, " ");
	if (!source || devices_find_node(kfs, source, &number) < 0)
		return 0;
	return add(users, number, "mounted on", fields[4]);
}

static int add_swap(struct users *users, const struct kfs *kfs, char *line)
{
	uint64_t number;

	return devices_find_node(kfs, strsep(&line, " \t"), &number) < 0
		       ? 0
		       : add(users, number, "used as swap", NULL);
}

static int for_each_line(struct users *users, const struct kfs *kfs, const char *path,
			 int (*fn)(struct users *users, const struct kfs *kfs,
				   char *line))
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	r = kfs_read(kfs, &text, "%s", path);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	rest = text;
	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = fn(users, kfs, line);
	return r;
}

/* --- exports --- */

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
	r = add(users, number, "exported as", subsystem);
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

static int compare_entries(const void *a, const void *b)
{
	const struct users_entry *left = a, *right = b;

	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

void users_done(struct users *users)
{
	vec_foreach (entry, &users->entries)
		free(entry->words);
	vec_done(&users->entries);
	users->loaded = false;
}

int users_load(struct users *users, const struct kfs *kfs)
{
	int r;

	if (users->loaded)
		return 0;
	r = for_each_line(users, kfs, "proc/self/mountinfo", add_mount);
	if (r == 0)
		r = for_each_line(users, kfs, "proc/swaps", add_swap);
	if (r == 0)
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
