/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Search the database of udev in a --sysroot, by its files. */
#include "base/cleanup.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/sys.h"
#include "sys/udev.h"

#include <sys/sysmacros.h>

/* udev writes a line E:PROPERTY=VALUE into run/udev/data/bMAJOR:MINOR. */
static int tree_find(const struct sys *sys, const char *property, const char *value,
		     struct device_numbers *ret)
{
	_cleanup_(kfs_names_done) struct kfs_names files = { 0 };
	_cleanup_free_ char *line = NULL;
	int r = kfs_list(&sys->kfs, &files, "run/udev/data");

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = str_format(&line, "\nE:%s=%s\n", property, value);
	if (r < 0)
		return r;
	vec_foreach (file, &files.names) {
		_cleanup_free_ char *text = NULL, *whole = NULL;
		uint64_t number;

		if ((*file)[0] != 'b' || numbers_parse(*file + 1, &number) < 0 ||
		    kfs_read(&sys->kfs, &text, "run/udev/data/%s", *file) < 0)
			continue;
		r = str_format(&whole, "\n%s\n", text);
		if (r == 0 && strstr(whole, line))
			r = vec_push(&ret->numbers, number);
		if (r < 0)
			return r;
	}
	return 0;
}

static int tree_get(const struct sys *sys, uint64_t number, const char *property,
		    char **ret)
{
	_cleanup_free_ char *text = NULL, *start = NULL;
	char *rest, *line;
	int r = kfs_read(&sys->kfs, &text, "run/udev/data/b%u:%u", major(number),
			 minor(number));

	if (r == 0)
		r = str_format(&start, "E:%s=", property);
	if (r != 0)
		return r;
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		if (strncmp(line, start, strlen(start)) != 0)
			continue;
		*ret = strdup(line + strlen(start));
		return *ret ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

static void tree_wait(const struct sys *sys, uint64_t ms)
{
	(void)sys;
	clock_sleep_ms(ms);
}

const struct udev_ops udev_tree = {
	.find = tree_find,
	.get = tree_get,
	.encode = udev_encode,
	.wait = tree_wait,
};
