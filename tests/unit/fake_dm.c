/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake_dm.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "kind/cache/cache.h"
#include "sys/dm.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>

#define MAPS_MAX 16

static struct fake_dm *current;

/* Format a path below sys/block of the map dm-@n, in a static buffer. */
static const char *map_path(unsigned int n, const char *rest)
{
	static char path[128];

	snprintf(path, sizeof(path), "sys/block/dm-%u/%s", n, rest);
	return path;
}

static const char *get_map(unsigned int n, const char *rest)
{
	return fake_get(current->fake, map_path(n, rest));
}

/* Return: the N of dm-N, or MAPS_MAX. */
static unsigned int find_map(const char *name)
{
	for (unsigned int n = 0; n < current->maps; n++) {
		const char *other = get_map(n, "dm/name");

		if (other && streq(other, name))
			return n;
	}
	return MAPS_MAX;
}

/* True if another map than dm-@self has the device as its memory. */
static bool is_lent(unsigned int self, const char *memory)
{
	char other[32];

	for (unsigned int n = 0; n < current->maps; n++) {
		const char *table = n == self ? NULL : get_map(n, "dm/table");

		if (table &&
		    sscanf(table, "0 %*u rapiddisk-cache %*s %31s", other) == 1 &&
		    streq(other, memory))
			return true;
	}
	return false;
}

static void count_openers(void)
{
	for (unsigned int disk = 0; disk < MAPS_MAX; disk++) {
		char path[64], number[32], openers[16];
		unsigned int count = 0;

		snprintf(path, sizeof(path), "sys/block/rd%u/size", disk);
		if (!fake_get(current->fake, path))
			continue;
		snprintf(number, sizeof(number), " 251:%u ", disk);
		for (unsigned int n = 0; n < current->maps; n++) {
			const char *table = get_map(n, "dm/table");

			count += table && strstr(table, number);
		}
		snprintf(path, sizeof(path), "sys/block/rd%u/rapiddisk/openers", disk);
		snprintf(openers, sizeof(openers), "%u", count);
		fake_set(current->fake, path, openers);
	}
}

/* Set or remove the link of a disk to the map dm-@n that has the disk below it. */
static void set_holder(unsigned int n, const char *table, bool is_held)
{
	char path[128], map[24];
	unsigned int major, minor;

	if (!table ||
	    (sscanf(table, "0 %*u rapiddisk-cache %u:%u ", &major, &minor) != 2 &&
	     sscanf(table, "0 %*u linear %u:%u ", &major, &minor) != 2))
		return;
	snprintf(path, sizeof(path), "sys/dev/block/%u:%u/holders/dm-%u", major, minor,
		 n);
	snprintf(map, sizeof(map), "../../dm-%u", n);
	if (is_held)
		fake_link(current->fake, path, map);
	else
		fake_remove(current->fake, path);
}

static int set_table(unsigned int n, const char *name, const struct dm_line *line)
{
	_cleanup_free_ char *text = NULL;
	char memory[32], size[32];

	if (streq(line->target, CACHE_TARGET)) {
		if (current->refuse_error && streq(current->refuse, name))
			return current->refuse_error;
		ck_assert_int_eq(sscanf(line->params, "%*s %31s", memory), 1);
		if (!streq(memory, "-") && is_lent(n, memory))
			return -EBUSY;
	}
	ck_assert_int_ge(asprintf(&text, "0 %" PRIu64 " %s %s", line->sectors,
				  line->target, line->params),
			 0);
	set_holder(n, get_map(n, "dm/table"), false);
	set_holder(n, text, true);
	fake_set(current->fake, map_path(n, "dm/table"), text);
	snprintf(size, sizeof(size), "%" PRIu64, line->sectors);
	fake_set(current->fake, map_path(n, "size"), size);
	count_openers();
	return 0;
}

static void note(const char *verb, const char *name)
{
	size_t len = strlen(current->log);

	snprintf(current->log + len, sizeof(current->log) - len, "%s %s, ", verb, name);
}

static int create(struct sys *sys, const char *name, const char *uuid,
		  const struct dm_line *line)
{
	unsigned int n = current->maps;
	char text[64], target[64];
	int r;

	(void)sys;
	ck_assert_uint_lt(n, MAPS_MAX);
	if (find_map(name) != MAPS_MAX)
		return -EBUSY;
	r = set_table(n, name, line);
	note(r < 0			     ? "refuse"
	     : streq(line->target, "linear") ? "linear"
					     : "create",
	     name);
	if (r < 0) {
		return r;
	}
	fake_set(current->fake, map_path(n, "dm/name"), name);
	fake_set(current->fake, map_path(n, "dm/uuid"), uuid);
	fake_set(current->fake, map_path(n, "dm/suspended"), "0");
	fake_set(current->fake, map_path(n, "dm/open_count"), "0");
	snprintf(text, sizeof(text), "253:%u", n);
	fake_set(current->fake, map_path(n, "dev"), text);
	snprintf(text, sizeof(text), "sys/dev/block/253:%u", n);
	snprintf(target, sizeof(target), "../../block/dm-%u", n);
	fake_link(current->fake, text, target);
	current->maps++;
	count_openers();
	return 0;
}

static int reload(struct sys *sys, const char *name, const struct dm_line *line)
{
	unsigned int n = find_map(name);
	int r = n == MAPS_MAX ? -ENXIO : set_table(n, name, line);

	(void)sys;
	note(r < 0			     ? "refuse"
	     : streq(line->target, "linear") ? "linear"
					     : "reload",
	     name);
	return r;
}

static int remove_map(struct sys *sys, const char *name)
{
	unsigned int n = find_map(name);
	char path[64];

	(void)sys;
	if (n == MAPS_MAX)
		return -ENXIO;
	note("remove", name);
	set_holder(n, get_map(n, "dm/table"), false);
	snprintf(path, sizeof(path), "sys/block/dm-%u", n);
	fake_remove(current->fake, path);
	snprintf(path, sizeof(path), "sys/dev/block/253:%u", n);
	fake_remove(current->fake, path);
	count_openers();
	return 0;
}

static void settle(struct sys *sys)
{
	(void)sys;
}

static bool is_settled(const struct sys *sys)
{
	(void)sys;
	return true;
}

void fake_dm_init(struct fake_dm *dm, struct fake_kernel *fake)
{
	static struct dm_ops ops;

	*dm = (struct fake_dm){ .fake = fake };
	current = dm;
	ops = dm_tree;
	ops.create = create;
	ops.reload = reload;
	ops.remove = remove_map;
	ops.settle = settle;
	ops.is_settled = is_settled;
	fake->sys.dm = &ops;
	fake_set(fake, "sys/module/dm_mod/refcnt", "1");
	fake_set(fake, "sys/module/rapiddisk_cache/refcnt", "1");
}

void fake_disk(struct fake_kernel *fake, const char *name, unsigned int minor,
	       uint64_t bytes, const char *property)
{
	char path[64], text[64];

	snprintf(path, sizeof(path), "dev/%s", name);
	fake_set(fake, path, "");
	snprintf(path, sizeof(path), "sys/block/%s/dev", name);
	snprintf(text, sizeof(text), "254:%u", minor);
	fake_set(fake, path, text);
	snprintf(path, sizeof(path), "sys/block/%s/size", name);
	snprintf(text, sizeof(text), "%" PRIu64, bytes / 512);
	fake_set(fake, path, text);
	snprintf(path, sizeof(path), "run/udev/data/b254:%u", minor);
	fake_set(fake, path, property);
	snprintf(path, sizeof(path), "sys/dev/block/254:%u", minor);
	snprintf(text, sizeof(text), "../../block/%s", name);
	fake_link(fake, path, text);
}

const char *fake_dm_table(struct fake_dm *dm, const char *name)
{
	unsigned int n;

	current = dm;
	n = find_map(name);
	return n == MAPS_MAX ? NULL : get_map(n, "dm/table");
}
