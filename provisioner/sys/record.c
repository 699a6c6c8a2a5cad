/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Record every look at the kernel, device-mapper and udev into a tree. */
#include "sys/record.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "base/units.h"
#include "sys/devices.h"
#include "sys/dm.h"
#include "sys/udev.h"
#include "sys/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define CLAIMS	 "run/rapiddisk/owned"
#define CONFIGFS "sys/kernel/config"

/* --- entries --- */

static void note_error(struct record *record, int r)
{
	if (r < 0 && record->error == 0)
		record->error = r;
}

static void put(struct record *record, const struct tree_entry *entry)
{
	note_error(record, tree_put(&record->tree, entry));
}

/* @text: NULL: it exists, and its content is unknown unless it was read before. */
static void put_file(struct record *record, char *path, mode_t mode,
		     const struct buf *text)
{
	struct tree_entry entry = {
		.path = path,
		.type = TREE_FILE,
		.mode = mode,
		.data = text ? text->data : NULL,
		.len = text ? text->len : 0,
	};

	if (text || !tree_find(&record->tree, path))
		put(record, &entry);
}

static void put_dir(struct record *record, char *path)
{
	struct tree_entry entry = {
		.path = path,
		.type = TREE_DIR,
		.mode = TREE_MODE_DIR,
	};

	if (path[0] != '\0' && !tree_find(&record->tree, path))
		put(record, &entry);
}

static void put_link(struct record *record, char *path, char *target)
{
	note_error(record, tree_put_link(&record->tree, path, target));
}

/* --- looks --- */

static int read_all(int fd, struct buf *out)
{
	char chunk[4096];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && out->len < KFS_READ_MAX)
		buf_add_bytes(out, chunk, (size_t)n);
	return n < 0 ? -errno : out->failed ? -ENOMEM : 0;
}

/* Such a file may be read past the recorder: its content and mode count. */
static void record_open(struct record *record, struct walk *walk)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	if (S_ISDIR(walk->st.st_mode))
		put_dir(record, walk->path);
	if (!S_ISREG(walk->st.st_mode))
		return;
	fd = openat(record->sys->kfs.root_fd, walk->path,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	r = fd < 0 ? -errno : read_all(fd, &text);
	note_error(record, r);
	put_file(record, walk->path, walk->st.st_mode & 0777, &text);
	if (text.data)
		explicit_bzero(text.data, text.len);
}

/*
 * In a --sysroot a file stands for a block device, which its name below sys/class/block
 * identifies: another node of the device becomes a link.
 */
static void record_device(struct record *record, struct walk *walk)
{
	const struct kfs *kfs = &record->sys->kfs;
	_cleanup_free_ char *name = NULL, *path = NULL, *absolute = NULL, *number = NULL;

	if (devices_name(kfs, walk->st.st_rdev, &name) < 0 ||
	    str_format(&path, "dev/%s", name) < 0 ||
	    str_format(&absolute, "/dev/%s", name) < 0) {
		put_file(record, walk->path, TREE_MODE_FILE, NULL);
		return;
	}
	if (!streq(path, walk->path))
		put_link(record, walk->path, absolute);
	put_file(record, path, TREE_MODE_FILE, NULL);
	/* The recorder is told of it. */
	(void)kfs_read(kfs, &number, "sys/class/block/%s/dev", name);
}

static void note_inode(struct record *record, const struct walk *walk)
{
	struct record_inode inode = { .inode = walk->st.st_ino };
	int r;

	if (!tree_is_below(walk->path, CONFIGFS))
		return;
	inode.path = strdup(walk->path);
	r = inode.path ? vec_push(&record->inodes, inode) : -ENOMEM;
	if (r < 0)
		free(inode.path);
	note_error(record, r);
}

static void record_stat(struct record *record, struct walk *walk)
{
	if (S_ISDIR(walk->st.st_mode)) {
		put_dir(record, walk->path);
		note_inode(record, walk);
	} else if (S_ISBLK(walk->st.st_mode)) {
		record_device(record, walk);
	} else {
		put_file(record, walk->path, TREE_MODE_FILE, NULL);
	}
}

/*
 * A name in a list. An object of the kernel is a directory or a link; its attributes are
 * files, which nobody looks for in a list.
 */
static void record_name(struct record *record, const char *dir, const char *name)
{
	char path[PATH_MAX], target[PATH_MAX];
	int root_fd = record->sys->kfs.root_fd;
	struct stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "%s", dir);
	if (walk_append(path, name) < 0 ||
	    fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		put_dir(record, path);
	} else if (!S_ISLNK(st.st_mode)) {
		if (!tree_is_below(path, "sys"))
			put_file(record, path, TREE_MODE_FILE, NULL);
	} else {
		n = readlinkat(root_fd, path, target, sizeof(target) - 1);
		if (n < 0)
			return;
		target[n] = '\0';
		put_link(record, path, target);
	}
}

static void record_list(struct record *record, struct walk *walk)
{
	int fd = openat(record->sys->kfs.root_fd, walk->path[0] ? walk->path : ".",
			O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	put_dir(record, walk->path);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)))
		if (!streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
			record_name(record, walk->path, entry->d_name);
	closedir(dir);
}

static void on_query(void *data, enum kfs_query query, const char *path,
		     const struct buf *text)
{
	struct record *record = data;
	struct walk walk;

	/* A file that went meanwhile is not recorded. */
	if (walk_to(record->sys->kfs.root_fd, path, query != KFS_QUERY_LINK,
		    &record->tree, &walk) < 0 ||
	    (walk.is_missing && query != KFS_QUERY_NOTE))
		return;
	switch (query) {
	case KFS_QUERY_READ:
	case KFS_QUERY_NOTE:
		put_file(record, walk.path, TREE_MODE_FILE, text);
		break;
	case KFS_QUERY_OPEN:
		record_open(record, &walk);
		break;
	case KFS_QUERY_STAT:
		record_stat(record, &walk);
		break;
	case KFS_QUERY_LIST:
		record_list(record, &walk);
		break;
	case KFS_QUERY_LINK:
		record_name(record, walk_cut_last(walk.path), strrchr(path, '/') + 1);
		break;
	}
}

/* --- device-mapper, as dm_tree reads it --- */

static struct record *record_of(const struct sys *sys)
{
	return sys->kfs.query_data;
}

/* An attribute in the directory `dm` of the map's disk. */
static _printf_(4, 5) void note_map(struct sys *sys, const char *disk, const char *name,
				    const char *fmt, ...)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *value = NULL;
	va_list args;

	va_start(args, fmt);
	if (str_vformat(&value, fmt, args) < 0)
		value = NULL;
	va_end(args);
	buf_addf(&text, "%s\n", value ? value : "");
	kfs_note(&sys->kfs, &text, "sys/block/%s/dm/%s", disk, name);
}

static void note_table(struct sys *sys, const char *disk, const struct dm_map *map)
{
	if (map->sectors == 0)
		note_map(sys, disk, "table", "%s", "");
	else if (!map->target)
		note_map(sys, disk, "table", "0 %" PRIu64, map->sectors);
	else if (dm_has_plain_params(map->target))
		note_map(sys, disk, "table", "0 %" PRIu64 " %s %s", map->sectors,
			 map->target, map->params);
	else
		note_map(sys, disk, "table", "0 %" PRIu64 " %s", map->sectors,
			 map->target);
}

static int recorded_list(struct sys *sys, struct dm_entries *ret)
{
	return record_of(sys)->dm->list(sys, ret);
}

static int recorded_read(struct sys *sys, const struct dm_entry *entry,
			 struct dm_map *ret)
{
	int r = record_of(sys)->dm->read(sys, entry, ret);

	if (r < 0)
		return r;
	note_map(sys, entry->disk, "name", "%s", entry->name);
	note_map(sys, entry->disk, "uuid", "%s", ret->uuid);
	note_map(sys, entry->disk, "suspended", "%d", ret->suspended);
	note_map(sys, entry->disk, "open_count", "%" PRIu64, ret->openers);
	if (ret->unfinished)
		note_map(sys, entry->disk, "unfinished", "1");
	return 0;
}

static int recorded_read_table(struct sys *sys, const struct dm_entry *entry,
			       struct dm_map *map)
{
	int r = record_of(sys)->dm->read_table(sys, entry, map);

	if (r == 0)
		note_table(sys, entry->disk, map);
	return r;
}

/* All maps are recorded by recorded_read(). */
static int recorded_find_map(struct sys *sys, const char *name, const char *uuid,
			     char **ret)
{
	return record_of(sys)->dm->find(sys, name, uuid, ret);
}

static void settle(struct sys *sys)
{
	record_of(sys)->dm->settle(sys);
}

static bool is_settled(const struct sys *sys)
{
	return record_of(sys)->dm->is_settled(sys);
}

/* A recorded run changes nothing. */
static const struct dm_ops recorded_dm = {
	.list = recorded_list,
	.read = recorded_read,
	.read_table = recorded_read_table,
	.find = recorded_find_map,
	.settle = settle,
	.is_settled = is_settled,
};

/* --- udev, as udev_tree reads it --- */

static void note_property(struct record *record, uint64_t number, const char *line)
{
	_cleanup_(buf_done) struct buf text = { 0 };
	_cleanup_free_ char *path = NULL;
	const struct tree_entry *entry;

	if (str_format(&path, "run/udev/data/b%u:%u", major(number), minor(number)) < 0) {
		note_error(record, -ENOMEM);
		return;
	}
	entry = tree_find(&record->tree, path);
	if (entry && strstr(entry->data, line))
		return;
	if (entry)
		buf_add_bytes(&text, entry->data, entry->len);
	buf_add(&text, line);
	kfs_note(&record->sys->kfs, &text, "%s", path);
}

static int recorded_find(const struct sys *sys, const char *property, const char *value,
			 struct device_numbers *ret)
{
	struct record *record = record_of(sys);
	size_t first = ret->numbers.count;
	_cleanup_free_ char *line = NULL;
	int r = record->udev->find(sys, property, value, ret);

	if (r == 0)
		r = str_format(&line, "E:%s=%s\n", property, value);
	for (size_t i = first; r == 0 && i < ret->numbers.count; i++)
		note_property(record, ret->numbers.items[i], line);
	return r;
}

static int recorded_get(const struct sys *sys, uint64_t number, const char *property,
			char **ret)
{
	struct record *record = record_of(sys);
	_cleanup_free_ char *line = NULL;
	int r = record->udev->get(sys, number, property, ret);

	if (r == 0 && str_format(&line, "E:%s=%s\n", property, *ret) == 0)
		note_property(record, number, line);
	return r;
}

static void recorded_wait(const struct sys *sys, uint64_t ms)
{
	record_of(sys)->udev->wait(sys, ms);
}

static const struct udev_ops recorded_udev = {
	.find = recorded_find,
	.get = recorded_get,
	.encode = udev_encode,
	.wait = recorded_wait,
};

/* --- start and stop --- */

void record_start(struct record *record, struct sys *sys)
{
	*record = (struct record){ .sys = sys, .dm = sys->dm, .udev = sys->udev };
	sys->dm = &recorded_dm;
	if (sys->udev)
		sys->udev = &recorded_udev;
	sys->kfs.on_query = on_query;
	sys->kfs.query_data = record;
}

static void name_object(struct record *record, struct tree_entry *claim)
{
	_cleanup_free_ char *text = NULL;
	char *object = NULL;
	uint64_t number;

	if (claim->type != TREE_FILE || !tree_is_below(claim->path, CLAIMS))
		return;
	text = strndup(claim->data, strcspn(claim->data, "\n"));
	if (!text || units_parse_uint(text, &number) < 0)
		return;
	vec_foreach (inode, &record->inodes)
		if (inode->inode == number && !object)
			object = strdup(inode->path);
	if (!object)
		return;
	free(claim->data);
	claim->type = TREE_INODE;
	claim->data = object;
	claim->len = strlen(object);
}

int record_stop(struct record *record, struct tree *ret)
{
	struct sys *sys = record->sys;

	sys->dm = record->dm;
	sys->udev = record->udev;
	sys->kfs.on_query = NULL;
	sys->kfs.query_data = NULL;
	vec_foreach (entry, &record->tree.entries)
		name_object(record, entry);
	vec_foreach (inode, &record->inodes)
		free(inode->path);
	vec_done(&record->inodes);
	if (record->error < 0)
		tree_done(&record->tree);
	else
		*ret = record->tree;
	return record->error;
}
