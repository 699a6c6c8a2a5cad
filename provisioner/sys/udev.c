/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Search the database of udev and wait for its events, by libudev. */
#include "sys/udev.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "sys/sys.h"

#include <libudev.h>
#include <limits.h>
#include <poll.h>

struct udevdb {
	struct udev *udev;
	struct udev_monitor *monitor; /* NULL: no wait yet, or no monitor */
	bool has_waited;
};

static struct udev_monitor *open_monitor(struct udev *udev)
{
	struct udev_monitor *monitor = udev_monitor_new_from_netlink(udev, "udev");

	if (monitor && (udev_monitor_filter_add_match_subsystem_devtype(monitor, "block",
									NULL) < 0 ||
			udev_monitor_enable_receiving(monitor) < 0)) {
		udev_monitor_unref(monitor);
		monitor = NULL;
	}
	return monitor;
}

int udevdb_open(struct udevdb **ret)
{
	struct udevdb *udev = calloc(1, sizeof(*udev));

	if (!udev)
		return -ENOMEM;
	udev->udev = udev_new();
	if (!udev->udev) {
		free(udev);
		return -ENOMEM;
	}
	*ret = udev;
	return 0;
}

void udevdb_close(struct udevdb *udev)
{
	if (!udev)
		return;
	udev_monitor_unref(udev->monitor);
	udev_unref(udev->udev);
	free(udev);
}

int udev_encode(const char *text, char **ret)
{
	size_t room = strlen(text) * 4 + 1;
	_cleanup_free_ char *encoded = malloc(room);

	if (!encoded)
		return -ENOMEM;
	if (udev_util_encode_string(text, encoded, room) < 0)
		return -EINVAL;
	*ret = TAKE_PTR(encoded);
	return 0;
}

/* libudev matches values by fnmatch(3). */
static int escape_pattern(const char *text, char **ret)
{
	_cleanup_(buf_done) struct buf pattern = { 0 };

	for (; *text; text++)
		buf_addf(&pattern, strchr("*?[\\", *text) ? "\\%c" : "%c", *text);
	return buf_take(&pattern, ret);
}

static int add_device(struct udev *udev, const char *syspath, struct device_numbers *ret)
{
	struct udev_device *device = udev_device_new_from_syspath(udev, syspath);
	int r = 0;

	/* The device was removed after it was listed. */
	if (!device)
		return 0;
	if (udev_device_get_devnum(device) != 0)
		r = vec_push(&ret->numbers, udev_device_get_devnum(device));
	udev_device_unref(device);
	return r;
}

static int system_find(const struct sys *sys, const char *property, const char *value,
		       struct device_numbers *ret)
{
	struct udev *udev = sys->udevdb->udev;
	struct udev_enumerate *all = udev_enumerate_new(udev);
	_cleanup_free_ char *pattern = NULL;
	struct udev_list_entry *entry;
	int r = all ? escape_pattern(value, &pattern) : -ENOMEM;

	if (r == 0)
		r = udev_enumerate_add_match_subsystem(all, "block");
	if (r >= 0)
		r = udev_enumerate_add_match_property(all, property, pattern);
	if (r >= 0)
		r = udev_enumerate_scan_devices(all);
	if (r >= 0) {
		r = 0;
		udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(all))
		{
			if (r == 0)
				r = add_device(udev, udev_list_entry_get_name(entry),
					       ret);
		}
	}
	udev_enumerate_unref(all);
	return r;
}

static int system_get(const struct sys *sys, uint64_t number, const char *property,
		      char **ret)
{
	struct udev_device *device =
		udev_device_new_from_devnum(sys->udevdb->udev, 'b', number);
	const char *value =
		device ? udev_device_get_property_value(device, property) : NULL;
	int r = value ? 0 : -ENOENT;

	if (r == 0) {
		*ret = strdup(value);
		r = *ret ? 0 : -ENOMEM;
	}
	udev_device_unref(device);
	return r;
}

static void system_wait(const struct sys *sys, uint64_t ms)
{
	struct udevdb *udev = sys->udevdb;
	struct pollfd events = { .fd = -1, .events = POLLIN };
	struct udev_device *device;

	/* No monitor saw the events between the look of the caller and now. */
	if (!udev->has_waited) {
		udev->has_waited = true;
		udev->monitor = open_monitor(udev->udev);
		return;
	}
	/* Without a monitor, sleep. */
	if (udev->monitor)
		events.fd = udev_monitor_get_fd(udev->monitor);
	if (poll(&events, 1, ms > INT_MAX ? INT_MAX : (int)ms) <= 0)
		return;
	/* The caller looks once for all events that are here. */
	while ((device = udev_monitor_receive_device(udev->monitor)))
		udev_device_unref(device);
}

const struct udev_ops udev_system = {
	.find = system_find,
	.get = system_get,
	.encode = udev_encode,
	.wait = system_wait,
};
