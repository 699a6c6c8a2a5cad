/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Observe and change device-mapper by libdevmapper, and wait for udev. */
#include "sys/dm.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/devices.h"
#include "sys/sys.h"

#include <inttypes.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <sys/sysmacros.h>

/* udevd opens a map for a moment after each change, to read its signatures. */
#define BUSY_RETRY_MS 3000
#define POLL_MS	      10

/* SEMVMX of the kernel: the highest value of a semaphore. */
#define SEMAPHORE_MAX 32767

/* --- a task --- */

static _printf_(5, 6) void log_from_libdm(int level, const char *file, int line,
					  int error, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	(void)level, (void)file, (void)line, (void)error;
	va_start(args, format);
	if (str_vformat(&text, format, args) == 0)
		log_debug("libdevmapper: %s", text);
	va_end(args);
}

static void cleanup_task(struct dm_task **task)
{
	if (*task)
		dm_task_destroy(*task);
}

#define _cleanup_task_ _cleanup_(cleanup_task)

/* @name: NULL: the task is about all maps. */
static struct dm_task *new_task(int type, const char *name)
{
	struct dm_task *task;

	dm_log_with_errno_init(log_from_libdm);
	task = dm_task_create(type);
	if (task && name && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		task = NULL;
	}
	return task;
}

/* Without an errno of the kernel, the library itself failed: no memory. */
static int run_task(struct dm_task *task)
{
	int error;

	if (dm_task_run(task))
		return 0;
	error = dm_task_get_errno(task);
	return error > 0 ? -error : -ENOMEM;
}

/* --- udev --- */

/*
 * Semaphore of the changes that udevd has not processed; 0: no such change. One for the
 * process, as is the state of libdevmapper itself.
 */
static uint32_t cookie;

static bool has_udevd(const struct sys *sys)
{
	return kfs_exists(&sys->kfs, "run/udev/control");
}

/*
 * Complete the cookie once for each event that udevd has not processed: libdevmapper removes
 * the semaphore with the last one. The kernel limits the value of a semaphore.
 */
static void abandon_cookie(void)
{
	int ready = 0;

	for (unsigned int i = 0; !ready && i < SEMAPHORE_MAX; i++) {
		if (!dm_udev_complete(cookie) || !dm_udev_wait_immediate(cookie, &ready))
			break;
	}
}

/*
 * The wait of libdevmapper has no end: without the udev rules that notify it, it would hang
 * the boot.
 */
static void wait_for_udev(const struct sys *sys)
{
	int ready = 0;

	while (dm_udev_wait_immediate(cookie, &ready) && !ready) {
		if (clock_now_ms() >= sys->deadline_ms) {
			log_warning(
				"udev has not processed the events of device-mapper in time, ignoring");
			abandon_cookie();
			return;
		}
		clock_sleep_ms(POLL_MS);
	}
}

/* Run a task that causes an event: kernel_settle() waits for udevd. */
static int run_with_event(struct sys *sys, struct dm_task *task)
{
	bool udev = has_udevd(sys);
	int r = fault_point(&sys->fault);

	if (r < 0)
		return r;
	/* Without udevd, libdevmapper creates the nodes. */
	dm_udev_set_sync_support(udev);
	/* Without a semaphore, udevd processes the event, and settle does not wait. */
	if (udev)
		(void)dm_task_set_cookie(task, &cookie, 0);
	r = run_task(task);
	if (!udev)
		dm_task_update_nodes();
	return r;
}

static void kernel_settle(struct sys *sys)
{
	if (cookie)
		wait_for_udev(sys);
	cookie = 0;
}

static bool kernel_is_settled(const struct sys *sys)
{
	(void)sys;
	return cookie == 0;
}

/*
 * Create the link that udevd will create: an initramfs does not wait for udevd. udevd
 * accepts a link that exists.
 */
static void link_early(const struct sys *sys, struct dm_task *task, const char *name)
{
	_cleanup_free_ char *path = NULL;
	char target[32];
	struct dm_info info;

	if (!sys->initramfs || !has_udevd(sys) || !dm_task_get_info(task, &info) ||
	    str_format(&path, "%s/%s", dm_dir(), name) < 0)
		return;
	snprintf(target, sizeof(target), "../dm-%" PRIu32, info.minor);
	if (symlink(target, path) < 0 && errno != EEXIST)
		log_debug("cannot link '%s': %s", path, strerror(errno));
}

/* --- reading --- */

static int copy_target(struct dm_task *task, struct dm_map *map)
{
	uint64_t start = 0, length = 0;
	char *type = NULL, *params = NULL;
	void *next = dm_get_next_target(task, NULL, &start, &length, &type, &params);

	map->sectors = length;
	for (; next; map->sectors += length)
		next = dm_get_next_target(task, next, &start, &length, &type, &params);
	/* The last of several targets does not start at 0. */
	if (!type || start != 0)
		return 0;
	map->target = strdup(type);
	map->params = strdup(params && dm_has_plain_params(type) ? params : "");
	return map->target && map->params ? 0 : -ENOMEM;
}

/*
 * Only root may use device-mapper. Other users may go on if sysfs shows no map of ours.
 */
static int list_unprivileged(struct sys *sys)
{
	_cleanup_(kfs_names_done) struct kfs_names disks = { 0 };
	int r = kfs_list(&sys->kfs, &disks, "sys/block");

	vec_foreach (disk, &disks.names) {
		_cleanup_free_ char *uuid = NULL;

		if (kfs_read(&sys->kfs, &uuid, "sys/block/%s/dm/uuid", *disk) == 0 &&
		    strncmp(uuid, DEVICES_OUR_PREFIX, strlen(DEVICES_OUR_PREFIX)) == 0)
			return -EACCES;
	}
	return r;
}

static int add_entry(struct dm_entries *all, const struct dm_names *found)
{
	struct dm_entry entry = { .name = strdup(found->name) };
	int r = str_format(&entry.disk, "dm-%u", minor(found->dev));

	if (r == 0)
		r = entry.name ? vec_push(&all->list, entry) : -ENOMEM;
	if (r < 0) {
		free(entry.name);
		free(entry.disk);
	}
	return r;
}

static int kernel_list(struct sys *sys, struct dm_entries *ret)
{
	_cleanup_task_ struct dm_task *task = NULL;
	struct dm_names *names;
	int r;

	*ret = (struct dm_entries){ 0 };
	if (geteuid() != 0)
		return list_unprivileged(sys);
	task = new_task(DM_DEVICE_LIST, NULL);
	r = task ? run_task(task) : -ENOMEM;
	names = r == 0 ? dm_task_get_names(task) : NULL;
	/* An empty list has one entry without a device. */
	while (r == 0 && names && names->dev) {
		r = add_entry(ret, names);
		names = names->next ? (struct dm_names *)((char *)names + names->next)
				    : NULL;
	}
	if (r < 0)
		dm_entries_done(ret);
	return r;
}

/* The kernel and the library then wipe their buffers. */
static struct dm_task *new_table_task(const char *name)
{
	struct dm_task *task = new_task(DM_DEVICE_TABLE, name);

	if (task && !dm_task_secure_data(task)) {
		dm_task_destroy(task);
		task = NULL;
	}
	return task;
}

static int copy_loaded_target(const char *name, struct dm_map *map)
{
	_cleanup_task_ struct dm_task *task = new_table_task(name);
	int r = -ENOMEM;

	if (task && dm_task_query_inactive_table(task))
		r = run_task(task);
	return r < 0 ? r : copy_target(task, map);
}

/* Run @task, which may be NULL, and return what it says of a map. -ENODEV: no such map. */
static int run_for_info(struct dm_task *task, struct dm_info *ret)
{
	int r = task ? run_task(task) : -ENOMEM;

	if (r < 0)
		return r;
	if (!dm_task_get_info(task, ret))
		return -EIO;
	return ret->exists ? 0 : -ENODEV;
}

static int kernel_read_table(struct sys *sys, const struct dm_entry *entry,
			     struct dm_map *map)
{
	_cleanup_task_ struct dm_task *task = new_table_task(entry->name);
	struct dm_info info;
	int r = run_for_info(task, &info);

	(void)sys;
	if (r < 0)
		return r;
	if (info.live_table)
		return copy_target(task, map);
	return info.inactive_table ? copy_loaded_target(entry->name, map) : 0;
}

/* Run @task, and return the name of the map that it is about. -ENOENT: no such map. */
static int name_of(struct dm_task *task, char **ret)
{
	struct dm_info info;
	int r = run_for_info(task, &info);

	if (r < 0)
		return r == -ENXIO || r == -ENODEV ? -ENOENT : r;
	*ret = strdup(dm_task_get_name(task));
	return *ret ? 0 : -ENOMEM;
}

static int kernel_find(struct sys *sys, const char *name, const char *uuid, char **ret)
{
	_cleanup_task_ struct dm_task *by_name = new_task(DM_DEVICE_INFO, name),
				      *by_uuid = new_task(DM_DEVICE_INFO, NULL);
	int r = -ENOMEM;

	if (geteuid() != 0)
		return dm_sysfs_find(sys, name, uuid, ret);
	if (by_name && by_uuid && dm_task_set_uuid(by_uuid, uuid))
		r = name_of(by_name, ret);
	return r == -ENOENT ? name_of(by_uuid, ret) : r;
}

static int kernel_read(struct sys *sys, const struct dm_entry *entry, struct dm_map *ret)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_INFO, entry->name);
	struct dm_map map = { 0 };
	struct dm_info info;
	int r = run_for_info(task, &info);

	(void)sys;
	if (r < 0)
		return r;
	map.openers = (uint64_t)info.open_count;
	map.suspended = info.suspended;
	map.unfinished = info.inactive_table;
	map.uuid = strdup(dm_task_get_uuid(task) ? dm_task_get_uuid(task) : "");
	if (!map.uuid)
		return -ENOMEM;
	*ret = map;
	return 0;
}

/* --- changing --- */

/*
 * Check that the map @disk is the only one over the device: since the table is loaded, only
 * another map can come between.
 */
static int check_alone(struct sys *sys, uint32_t minor, uint64_t device)
{
	_cleanup_(kfs_names_done) struct kfs_names holders = { 0 };
	_cleanup_free_ char *name = NULL;
	char disk[32];
	int r = devices_name(&sys->kfs, device, &name);

	snprintf(disk, sizeof(disk), "dm-%" PRIu32, minor);
	if (r == 0)
		r = kfs_list(&sys->kfs, &holders, "sys/class/block/%s/holders", name);
	vec_foreach (holder, &holders.names) {
		if (!streq(*holder, disk))
			return -EBUSY;
	}
	return r == -ENOENT ? 0 : r;
}

/*
 * Load the table. device-mapper opens the devices below with a holder of its own, which
 * conflicts with line->hold, and fails with EBUSY if anybody took them meanwhile.
 */
static int load(struct sys *sys, const char *name, const struct dm_line *line)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RELOAD, name);
	struct dm_info info;
	int r;

	if (!task ||
	    !dm_task_add_target(task, 0, line->sectors, line->target, line->params))
		return -ENOMEM;
	r = fault_point(&sys->fault);
	if (r < 0)
		return r;
	if (line->hold && *line->hold >= 0)
		close(TAKE_FD(*line->hold));
	r = run_task(task);
	if (r < 0 || !line->alone_on)
		return r;
	return dm_task_get_info(task, &info)
		       ? check_alone(sys, info.minor, line->alone_on)
		       : -EIO;
}

/* Resume the map, which makes a loaded table live. */
static int resume(struct sys *sys, const char *name)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RESUME, name);
	int r;

	/* The content does not change, so a file system above need not be frozen. */
	if (!task || !dm_task_skip_lockfs(task))
		return -ENOMEM;
	r = run_with_event(sys, task);
	if (r == 0)
		link_early(sys, task, name);
	return r;
}

static int clear(struct sys *sys, const char *name)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_CLEAR, name);
	int r;

	if (!task)
		return -ENOMEM;
	r = fault_point(&sys->fault);
	return r < 0 ? r : run_task(task);
}

static int remove_once(struct sys *sys, const char *name)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_REMOVE, name);
	int r = task ? run_with_event(sys, task) : -ENOMEM;

	kernel_settle(sys);
	return r;
}

static int kernel_remove(struct sys *sys, const char *name)
{
	uint64_t end = clock_now_ms() + BUSY_RETRY_MS;
	int r;

	if (end > sys->deadline_ms)
		end = sys->deadline_ms;
	while ((r = remove_once(sys, name)) == -EBUSY && clock_now_ms() < end)
		clock_sleep_ms(POLL_MS);
	return r;
}

static int create_empty(struct sys *sys, const char *name, const char *uuid)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_CREATE, name);
	int r;

	/* udevd creates the node once the map has a table. */
	if (!task || !dm_task_set_uuid(task, uuid) ||
	    !dm_task_set_add_node(task, DM_ADD_NODE_ON_RESUME))
		return -ENOMEM;
	r = fault_point(&sys->fault);
	return r < 0 ? r : run_task(task);
}

static int kernel_create(struct sys *sys, const char *name, const char *uuid,
			 const struct dm_line *line)
{
	int r = create_empty(sys, name, uuid);

	if (r < 0)
		return r;
	r = load(sys, name, line);
	if (r == 0)
		r = resume(sys, name);
	if (r < 0)
		(void)remove_once(sys, name); /* report the first error */
	return r;
}

static int kernel_reload(struct sys *sys, const char *name, const struct dm_line *line)
{
	int r = load(sys, name, line);

	if (r == 0)
		r = resume(sys, name);
	if (r < 0)
		(void)clear(sys, name); /* report the first error */
	return r;
}

static int kernel_set_uuid(struct sys *sys, const char *name, const char *uuid)
{
	_cleanup_task_ struct dm_task *task = new_task(DM_DEVICE_RENAME, name);
	int r;

	if (!task || !dm_task_set_newuuid(task, uuid))
		return -ENOMEM;
	r = run_with_event(sys, task);
	kernel_settle(sys);
	return r;
}

const struct dm_ops dm_kernel = {
	.list = kernel_list,
	.read = kernel_read,
	.read_table = kernel_read_table,
	.find = kernel_find,
	.create = kernel_create,
	.reload = kernel_reload,
	.remove = kernel_remove,
	.set_uuid = kernel_set_uuid,
	.settle = kernel_settle,
	.is_settled = kernel_is_settled,
};
