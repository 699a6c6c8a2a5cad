/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Find block devices by path, by tag or as the root device. */
#include "sys/devices.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "sys/clock.h"
#include "sys/machine.h"
#include "sys/sys.h"
#include "sys/udev.h"

#include <ctype.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* Deepest stack of devices that is searched. */
#define STACK_MAX 8

/* The tags that name a device by its content, and the property of udev for each. */
static const struct tag {
	const char *prefix, *property;
	bool encoded;	 /* udev escapes the value */
	bool lower_case; /* udev writes the value in lower case */
	bool any_case;	 /* the case of the value depends on the file system */
} tags[] = {
	{ "UUID=", "ID_FS_UUID_ENC", .encoded = true, .any_case = true },
	{ "LABEL=", "ID_FS_LABEL_ENC", .encoded = true },
	{ "PARTUUID=", "ID_PART_ENTRY_UUID", .lower_case = true },
	{ "PARTLABEL=", "ID_PART_ENTRY_NAME", .encoded = true },
};

static bool is_ours(const struct kfs *kfs, const char *name)
{
	_cleanup_free_ char *uuid = NULL;

	return kfs_read(kfs, &uuid, "sys/class/block/%s/dm/uuid", name) == 0 &&
	       strncmp(uuid, DEVICES_OUR_PREFIX, strlen(DEVICES_OUR_PREFIX)) == 0;
}

/* --- by tag --- */

static int make_value(const struct udev_ops *udev, const struct tag *tag,
		      const char *text, char **ret)
{
	if (tag->encoded)
		return udev->encode(text, ret);
	*ret = strdup(text);
	if (!*ret)
		return -ENOMEM;
	for (char *c = *ret; tag->lower_case && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

static int find_value(const struct sys *sys, const struct tag *tag, const char *text,
		      struct device_numbers *ret)
{
	_cleanup_free_ char *value = NULL;
	int r = make_value(sys->udev, tag, text, &value);

	return r < 0 ? r : sys->udev->find(sys, tag->property, value, ret);
}

/* Remove quotation marks around the value, as of UUID="..." in the output of blkid(8). */
static void unquote(char *text)
{
	size_t len = strlen(text);

	if (len < 2 || (text[0] != '"' && text[0] != '\'') || text[len - 1] != text[0])
		return;
	memmove(text, text + 1, len - 2);
	text[len - 2] = '\0';
}

static void change_case(char *text, int (*convert)(int))
{
	for (; *text; text++)
		*text = (char)convert((unsigned char)*text);
}

int devices_match(const struct sys *sys, const char *spec, struct devices_match *ret)
{
	for (size_t i = 0; sys->udev && i < ARRAY_SIZE(tags); i++) {
		_cleanup_free_ char *text = NULL;
		size_t len = strlen(tags[i].prefix);

		if (strncmp(spec, tags[i].prefix, len) != 0)
			continue;
		text = strdup(spec + len);
		if (!text)
			return -ENOMEM;
		unquote(text);
		ret->property = tags[i].property;
		ret->any_case = tags[i].any_case;
		return make_value(sys->udev, &tags[i], text, &ret->value);
	}
	return -EINVAL;
}

/*
 * Search the value as it is, then without quotation marks, and a UUID in the other case:
 * most file systems have theirs in lower case, FAT and NTFS in upper case.
 */
static int find_by_tag(const struct sys *sys, const struct tag *tag, const char *text,
		       struct device_numbers *ret)
{
	_cleanup_free_ char *plain = strdup(text);
	int r;

	if (!sys->udev || !plain)
		return sys->udev ? -ENOMEM : 0;
	r = find_value(sys, tag, text, ret);
	if (r < 0 || ret->numbers.count > 0)
		return r;
	unquote(plain);
	if (!streq(plain, text))
		r = find_value(sys, tag, plain, ret);
	if (r < 0 || ret->numbers.count > 0 || !tag->any_case)
		return r;
	change_case(plain, tolower);
	r = find_value(sys, tag, plain, ret);
	if (r < 0 || ret->numbers.count > 0)
		return r;
	change_case(plain, toupper);
	return find_value(sys, tag, plain, ret);
}

bool devices_same_content(const struct sys *sys, uint64_t a, uint64_t b)
{
	static const char *const properties[] = { "ID_FS_UUID_ENC",
						  "ID_PART_TABLE_UUID" };

	for (size_t i = 0; sys->udev && i < ARRAY_SIZE(properties); i++) {
		_cleanup_free_ char *of_a = NULL, *of_b = NULL;

		if (sys->udev->get(sys, a, properties[i], &of_a) == 0)
			return sys->udev->get(sys, b, properties[i], &of_b) == 0 &&
			       streq(of_a, of_b);
	}
	return false;
}

static bool contains(const struct device_numbers *all, uint64_t number)
{
	vec_foreach (one, &all->numbers) {
		if (*one == number)
			return true;
	}
	return false;
}

/* True if one of @all is stacked on the device @name. */
static bool is_below_one(const struct kfs *kfs, const char *name,
			 const struct device_numbers *all, unsigned int depth)
{
	_cleanup_(kfs_names_done) struct kfs_names above = { 0 };

	if (depth == 0 || kfs_list(kfs, &above, "sys/class/block/%s/holders", name) < 0)
		return false;
	vec_foreach (holder, &above.names) {
		uint64_t number;

		if (devices_number(kfs, *holder, &number) < 0)
			continue;
		if (contains(all, number) || is_below_one(kfs, *holder, all, depth - 1))
			return true;
	}
	return false;
}

static void drop_maps_of_ours(const struct kfs *kfs, struct device_numbers *all)
{
	size_t kept = 0;

	vec_foreach (number, &all->numbers) {
		_cleanup_free_ char *name = NULL;

		if (devices_name(kfs, *number, &name) == 0 && !is_ours(kfs, name))
			all->numbers.items[kept++] = *number;
	}
	all->numbers.count = kept;
}

static void drop_lower_ones(const struct kfs *kfs, struct device_numbers *all)
{
	struct device_numbers upper = { 0 };

	vec_foreach (number, &all->numbers) {
		_cleanup_free_ char *name = NULL;

		if (devices_name(kfs, *number, &name) < 0 ||
		    is_below_one(kfs, name, all, STACK_MAX))
			continue;
		/* Without memory, keep all: the callers refuse more than one match. */
		if (vec_push(&upper.numbers, *number) < 0) {
			device_numbers_done(&upper);
			return;
		}
	}
	device_numbers_done(all);
	*all = upper;
}

/* A link may lead to our own map: replace its number by that of the device below. */
static int below_ours(const struct kfs *kfs, uint64_t *number)
{
	_cleanup_free_ char *name = NULL;
	int r = devices_name(kfs, *number, &name);

	if (r < 0 || !is_ours(kfs, name))
		return r;
	return devices_below(kfs, name, number);
}

static int find_by_path(const struct sys *sys, const char *path,
			struct device_numbers *ret)
{
	uint64_t number;
	int r = kfs_device_number(&sys->kfs, &number, "%s", path + 1);

	if (r == 0)
		r = below_ours(&sys->kfs, &number);
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	return vec_push(&ret->numbers, number);
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int devices_find(const struct sys *sys, const char *spec, struct device_numbers *ret)
{
	struct device_numbers found = { 0 };
	int r = -EINVAL;

	if (spec[0] == '/')
		r = find_by_path(sys, spec, &found);
	for (size_t i = 0; spec[0] != '/' && i < ARRAY_SIZE(tags); i++) {
		size_t len = strlen(tags[i].prefix);

		if (strncmp(spec, tags[i].prefix, len) != 0)
			continue;
		r = find_by_tag(sys, &tags[i], spec + len, &found);
		drop_maps_of_ours(&sys->kfs, &found);
		if (found.numbers.count > 1)
			drop_lower_ones(&sys->kfs, &found);
		/* Messages list the devices, always in the same order. */
		if (found.numbers.count > 1)
			qsort(found.numbers.items, found.numbers.count,
			      sizeof(*found.numbers.items), compare_numbers);
		break;
	}
	if (r < 0)
		device_numbers_done(&found);
	else
		*ret = found;
	return r;
}

/* --- the root file system --- */

/*
 * Remove the prefix `block:` that dracut allows, and decode udev's escapes, in place.
 */
static void decode(char *spec)
{
	const char *in = spec;
	char *out = spec;

	if (strncmp(in, "block:", strlen("block:")) == 0)
		in += strlen("block:");
	while (*in) {
		unsigned int byte;
		int len = 0;

		if (sscanf(in, "\\x%2x%n", &byte, &len) == 1 && len == 4 && byte) {
			*out++ = (char)byte;
			in += len;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* True if no block device ever appears for this value of root=. */
static bool is_no_device(const char *spec)
{
	return streq(spec, "/dev/nfs") || streq(spec, "/dev/cifs") ||
	       strncmp(spec, "/dev/ram", strlen("/dev/ram")) == 0 ||
	       strstr(spec, "/PARTNROFF=");
}

static int find_root_by_cmdline(const struct sys *sys, struct device_numbers *ret,
				char **ret_spec)
{
	_cleanup_free_ char *spec = NULL;
	int r = machine_cmdline_value(&sys->kfs, "root", &spec);

	if (r == -ENOENT) {
		*ret_spec = strdup("");
		return *ret_spec ? -EINVAL : -ENOMEM;
	}
	if (r < 0)
		return r;
	decode(spec);
	r = is_no_device(spec) ? -EINVAL : devices_find(sys, spec, ret);
	*ret_spec = TAKE_PTR(spec);
	return r;
}

static int find_root_by_mount(const struct sys *sys, struct device_numbers *ret,
			      char **ret_spec)
{
	_cleanup_free_ char *number_text = NULL, *source = NULL;
	uint64_t number = 0;
	int r = machine_root_mount(&sys->kfs, &number_text, &source);

	if (r == 0)
		r = numbers_parse(number_text, &number);
	/* The number of btrfs and overlayfs is anonymous, but the source may be a device. */
	if (r == 0 && major(number) == 0)
		r = source[0] == '/'
			    ? kfs_device_number(&sys->kfs, &number, "%s", source + 1)
			    : -EOPNOTSUPP;
	if (r == 0)
		r = below_ours(&sys->kfs, &number);
	if (r == 0)
		r = devices_path(&sys->kfs, number, ret_spec);
	if (r < 0)
		return r == -ENOENT || r == -ENOTBLK ? -EOPNOTSUPP : r;
	return vec_push(&ret->numbers, number);
}

int devices_find_root(const struct sys *sys, struct device_numbers *ret, char **ret_spec)
{
	*ret = (struct device_numbers){ 0 };
	*ret_spec = NULL;
	return sys->initramfs ? find_root_by_cmdline(sys, ret, ret_spec)
			      : find_root_by_mount(sys, ret, ret_spec);
}

bool devices_are_pending(const struct sys *sys)
{
	return kfs_exists(&sys->kfs, "run/udev/queue");
}

void devices_wait(const struct sys *sys, uint64_t ms)
{
	if (sys->udev)
		sys->udev->wait(sys, ms);
	else
		clock_sleep_ms(ms);
}
