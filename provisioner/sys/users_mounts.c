/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/users_mounts.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/devices_sysfs.h"
#include "sys/numbers.h"
#include "sys/users_pools.h"

#include <search.h>
#include <stdio.h>
#include <sys/sysmacros.h>

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

/*
 * Bounds of the text that is read. A user makes 100,000 mounts in each of many user namespaces,
 * in which no block device can be mounted. The mounts that such a namespace has inherited come
 * first. Beyond the bound the exclusive open of a step meets a mount (sys/hold.h).
 */
#define MOUNTS_MAX  (8u << 20)	/* of a mount namespace */
#define FOREIGN_MAX (32u << 20) /* of all processes in other user namespaces */

/* The process whose mounts are read. */
struct view {
	const struct kfs *kfs;
	const char *pid;     /* a process of another mount namespace; NULL: our own */
	bool is_foreign;     /* the process is in another user namespace */
	VEC(uint64_t) pools; /* the anonymous numbers whose sources were looked up */
};

static int add_mounted(struct users *users, const struct view *view, uint64_t number,
		       const char *where)
{
	_cleanup_free_ char *words = NULL;
	int r;

	if (!view->pid)
		return users_add(users, number, "mounted on", where);
	r = str_format(&words, "mounted on '%s' in the mount namespace of process",
		       where);
	return r < 0 ? r : users_add(users, number, words, view->pid);
}

/*
 * Add the devices that @text names, separated by @delimiter. @pool: the type of a file system that
 * lists its members; NULL: another one.
 */
static int add_named(struct users *users, const struct view *view, char *text,
		     const char *delimiter, const char *pool, const char *where)
{
	char *path;
	int r = 0;

	while (r == 0 && (path = strsep(&text, delimiter))) {
		uint64_t number;

		unescape(path);
		if (devices_find_node(view->kfs, path, &number) == 0 &&
		    (!pool || users_pool_may_have(view->kfs, pool, number)))
			r = add_mounted(users, view, number, where);
	}
	return r;
}

/* XFS claims a log and a real-time device: `rw,logdev=/dev/vdc,noquota`. */
static int add_extra_devices(struct users *users, const struct view *view, char *options,
			     const char *where)
{
	static const char *const names[] = { "logdev=", "rtdev=" };
	char *option;
	int r = 0;

	while (r == 0 && (option = strsep(&options, ","))) {
		for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++)
			if (strncmp(option, names[i], strlen(names[i])) == 0)
				r = add_named(users, view, option + strlen(names[i]), "",
					      NULL, where);
	}
	return r;
}

/* Return: 1 if the pool with the anonymous number was looked up before; 0; -ENOMEM. */
static int is_known_pool(struct view *view, uint64_t number)
{
	vec_foreach (known, &view->pools) {
		if (*known == number)
			return 1;
	}
	return vec_push(&view->pools, number);
}

static int add_pool(struct users *users, struct view *view, uint64_t number,
		    const char *type, char *source, const char *where)
{
	int r = is_known_pool(view, number);

	return r == 0 ? add_named(users, view, source, ":", type, where) : r < 0 ? r : 0;
}

/* A line: ID PARENT MAJOR:MINOR ROOT MOUNT-POINT OPTIONS [TAGS...] - TYPE SOURCE SUPER */
static int add_mount(struct users *users, struct view *view, char *line)
{
	char *fields[5], *rest = line, *source, *type, *where;
	uint64_t number;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = strsep(&rest, " ");
		if (!fields[i])
			return 0;
	}
	where = fields[4];
	unescape(where);
	rest = rest ? strstr(rest, " - ") : NULL;
	if (numbers_parse(fields[2], &number) < 0 || !rest)
		return 0;
	rest += strlen(" - ");
	type = strsep(&rest, " ");
	source = strsep(&rest, " ");
	/*
	 * The number of a btrfs or bcachefs mount is anonymous: the source names one disk,
	 * or all of them with colons. Any user chooses the source of a FUSE, tmpfs or overlay mount.
	 */
	if (major(number) != 0)
		r = add_mounted(users, view, number, where);
	else
		r = source && users_pool_is_type(type)
			    ? add_pool(users, view, number, type, source, where)
			    : 0;
	return r == 0 && streq(type, "xfs") ? add_extra_devices(users, view, rest, where)
					    : r;
}

static int add_swap(struct users *users, struct view *view, char *line)
{
	char *path = strsep(&line, " \t");
	uint64_t number;

	unescape(path);
	return devices_find_node(view->kfs, path, &number) < 0
		       ? 0
		       : users_add(users, number, "used as swap", NULL);
}

static int for_each_line(struct users *users, struct view *view, char *text,
			 int (*fn)(struct users *users, struct view *view, char *line))
{
	char *line;
	int r = 0;

	while (r == 0 && (line = strsep(&text, "\n")))
		r = fn(users, view, line);
	return r;
}

/* Block all devices: the mounts that were not read may use any of them. */
static int note_unread(struct users *users, const struct view *view)
{
	if (users->unread || view->is_foreign)
		return 0;
	return str_format(&users->unread,
			  "possibly mounted: process '%s' has more than %u MiB of mounts",
			  view->pid ? view->pid : "self", MOUNTS_MAX >> 20);
}

static int add_mounts(struct users *users, struct view *view)
{
	size_t left = FOREIGN_MAX - users->foreign_bytes;
	_cleanup_free_ char *text = NULL;
	bool is_cut = false;
	int r = kfs_read_start(
		view->kfs, view->is_foreign && left < MOUNTS_MAX ? left : MOUNTS_MAX,
		&text, &is_cut, "proc/%s/mountinfo", view->pid ? view->pid : "self");

	if (r < 0)
		return r;
	if (view->is_foreign)
		users->foreign_bytes += is_cut && left < MOUNTS_MAX ? left : strlen(text);
	r = for_each_line(users, view, text, add_mount);
	vec_done(&view->pools);
	if (r == 0 && is_cut)
		r = note_unread(users, view);
	/* Bind mounts repeat the number of their device. */
	users_sort(users);
	return r;
}

static int add_own_mounts_and_swaps(struct users *users, const struct kfs *kfs)
{
	struct view view = { .kfs = kfs };
	_cleanup_free_ char *swaps = NULL;
	int r = add_mounts(users, &view);

	if (r < 0 && r != -ENOENT)
		return r;
	r = kfs_read(kfs, &swaps, "proc/swaps");
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return for_each_line(users, &view, swaps, add_swap);
}

/* --- mounts of other namespaces --- */

/* The mount namespaces that were read: a tree of tsearch(3). */
struct seen {
	void *root;
	char *user; /* our own user namespace; NULL: unknown */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void seen_done(struct seen *seen)
{
	tdestroy(seen->root, free);
	free(seen->user);
}

/* Add a name. The caller's string goes with it. Return: 0 or -ENOMEM. */
static int seen_add(struct seen *seen, char **name)
{
	if (!tsearch(*name, &seen->root, compare_names))
		return -ENOMEM;
	(void)TAKE_PTR(*name);
	return 0;
}

/* Without links to user namespaces all processes count as of our own. */
static bool is_foreign(const struct kfs *kfs, const char *pid, const struct seen *seen)
{
	_cleanup_free_ char *user = NULL;

	return seen->user && kfs_link(kfs, &user, "proc/%s/ns/user", pid) == 0 &&
	       !streq(user, seen->user);
}

/*
 * Read the mounts that the process sees, unless one of its namespace was read. A process that
 * has ended, or that the caller may not look at, is left out.
 */
static int add_process(struct users *users, const struct kfs *kfs,
		       const struct kfs *quiet, const char *pid, struct seen *seen)
{
	struct view view = { .kfs = kfs, .pid = pid };
	_cleanup_free_ char *namespace = NULL, *again = NULL;
	int r;

	if (kfs_link(quiet, &namespace, "proc/%s/ns/mnt", pid) < 0 ||
	    tfind(namespace, &seen->root, compare_names))
		return 0;
	view.is_foreign = is_foreign(quiet, pid, seen);
	if (view.is_foreign && users->foreign_bytes >= FOREIGN_MAX)
		return 0;
	/* A recorder is told of this process, and not of all others. */
	if (kfs_link(kfs, &again, "proc/%s/ns/mnt", pid) < 0)
		return 0;
	r = add_mounts(users, &view);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return seen_add(seen, &namespace);
}

/* Without /proc/self/ns/mnt all processes count as of our own namespace. */
static int add_other_namespaces(struct users *users, const struct kfs *kfs)
{
	_cleanup_(kfs_names_done) struct kfs_names pids = { 0 };
	_cleanup_(seen_done) struct seen seen = { 0 };
	_cleanup_free_ char *own = NULL;
	struct kfs quiet = *kfs;
	int r = kfs_link(kfs, &own, "proc/self/ns/mnt");

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = seen_add(&seen, &own);
	if (r < 0)
		return r;
	quiet.on_query = NULL;
	(void)kfs_link(&quiet, &seen.user, "proc/self/ns/user"); /* may be unknown */
	if (kfs_list(&quiet, &pids, "proc") < 0)
		return 0;
	vec_foreach (pid, &pids.names) {
		if (r == 0 && (*pid)[strspn(*pid, "0123456789")] == '\0')
			r = add_process(users, kfs, &quiet, *pid, &seen);
	}
	return r;
}

int users_add_mounts(struct users *users, const struct kfs *kfs)
{
	int r = add_own_mounts_and_swaps(users, kfs);

	return r < 0 ? r : add_other_namespaces(users, kfs);
}
