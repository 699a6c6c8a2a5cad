/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands to /sys/kernel/rapiddisk/mgmt: each part is a write. The disks are fakes. */
#include "fuzz/kernel.h"
#include "fuzz/property.h"
#include "rapiddisk/ctl.h"
#include "rapiddisk/disk.h"
#include "rapiddisk/disk_types.h"
#include "rapiddisk/resize.h"
#include "rapiddisk/store.h"

#include <regex.h>

#define DISKS_MAX 4
#define WRITE_MAX 4096 /* sysfs hands over a page at most */

#define SPACE	    "[ \t]+"
#define PREALLOCATE "preallocate=0*[01]"
#define NODE	    "numa_node=(-1|[0-9]+)"
#define OWNER	    "owner=[A-Za-z0-9._:-]{1,63}"

static const char grammar[] =
	"^[ \t]*rapiddisk" SPACE "(attach" SPACE "[0-9]+" SPACE "[0-9]+(" SPACE
	"(" PREALLOCATE "|" NODE "|" OWNER "))*|detach" SPACE "[0-9]+|resize" SPACE
	"[0-9]+" SPACE "[0-9]+(" SPACE "(" PREALLOCATE "|" OWNER "))*)[ \t]*\n?$";

static const char *broken;
static unsigned int live;
static const struct kobj_attribute *mgmt;
static struct bin_attribute devices;

static void expect(bool holds, const char *rule)
{
	if (!holds && !broken)
		broken = rule;
}

/* --- the disks, and sysfs --- */

static void expect_options(const struct rd_disk_options *options)
{
	expect(options->size_bytes > 0 && options->size_bytes % SECTOR_SIZE == 0 &&
		       options->size_bytes <= RD_STORE_MAX_BYTES,
	       "a size is a number of sectors within the limit");
	expect(options->is_kept >= -1 && options->is_kept <= 1,
	       "preallocate is 0, 1 or not given");
	expect(options->node == NUMA_NO_NODE ||
		       (options->node >= 0 && node_online(options->node)),
	       "a node is online");
	expect(!options->owner || (strlen(options->owner) > 0 &&
				   strlen(options->owner) <= RD_OWNER_MAX),
	       "an owner fits");
}

struct rd_disk *rd_disk_create(unsigned int number, const struct rd_disk_options *options,
			       struct rd_progress *progress)
{
	struct rd_disk *disk = calloc(1, sizeof(*disk));

	(void)progress;
	expect_options(options);
	expect(number <= RD_NUMBER_MAX, "a number is within the limit");
	disk->gd = calloc(1, sizeof(*disk->gd));
	disk->gd->sectors = options->size_bytes >> SECTOR_SHIFT;
	disk->number = number;
	live++;
	return disk;
}

int rd_disk_start_removal(struct rd_disk *disk, bool even_if_open)
{
	(void)disk;
	(void)even_if_open;
	return 0;
}

void rd_disk_finish_removal(struct rd_disk *disk, struct rd_progress *progress)
{
	(void)progress;
	live--;
	free(disk->gd);
	free(disk);
}

int rd_disk_resize(struct rd_disk *disk, const struct rd_disk_options *options,
		   struct rd_progress *progress)
{
	(void)progress;
	expect_options(options);
	disk->gd->sectors = options->size_bytes >> SECTOR_SHIFT;
	return 0;
}

u64 rd_store_used_bytes(const struct rd_store *store)
{
	(void)store;
	return UINT64_MAX - (1 << 20);
}

struct kobject *kobject_create_and_add(const char *name, struct kobject *parent)
{
	static char object;

	(void)name;
	(void)parent;
	return (struct kobject *)&object;
}

void kobject_put(struct kobject *kobj)
{
	(void)kobj;
}

int sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	(void)kobj;
	if (strcmp(attr->name, "mgmt") == 0)
		mgmt = (const struct kobj_attribute *)attr;
	return 0;
}

int sysfs_create_bin_file(struct kobject *kobj, const struct bin_attribute *attr)
{
	(void)kobj;
	devices = *attr;
	return 0;
}

void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr)
{
	(void)kobj;
	(void)attr;
}

void sysfs_remove_bin_file(struct kobject *kobj, const struct bin_attribute *attr)
{
	(void)kobj;
	(void)attr;
}

/* --- the commands --- */

static bool is_command(const char *text, size_t len)
{
	static regex_t regex;
	static bool is_compiled;

	if (!is_compiled && regcomp(&regex, grammar, REG_EXTENDED | REG_NOSUB) != 0)
		abort();
	is_compiled = true;
	return strlen(text) == len && regexec(&regex, text, 0, NULL, 0) == 0;
}

static void write_command(const char *bytes, size_t len)
{
	char *text = calloc(1, len + 1);
	ssize_t r;

	if (!text)
		abort();
	memcpy(text, bytes, len);
	r = mgmt->store(NULL, NULL, text, len);
	expect(r == (ssize_t)len || r == -EINVAL || r == -EEXIST || r == -ENOSPC ||
		       r == -ENODEV,
	       "a write is taken whole, or fails");
	/* The result of a write of no bytes is 0, too. */
	expect(r < 0 || is_command(text, len), "a write that is taken is one command");
	expect(live <= DISKS_MAX, "the number of disks is within the limit");
	free(text);
}

/* Read in pieces, as of different sizes of a page. */
static void expect_listing(void)
{
	char text[DISKS_MAX * 80 + 80];
	size_t len = 0, lines = 0;
	ssize_t r;

	while (len < sizeof(text) &&
	       (r = devices.read(NULL, NULL, &devices, text + len, (loff_t)len,
				 sizeof(text) - len < 7 ? sizeof(text) - len : 7)) > 0)
		len += (size_t)r;
	expect(len < sizeof(text) && text[len - 1] == '\n',
	       "a list has short lines, and ends with one");
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	expect(lines == live + 1, "a list has a line for each disk");
}

const char *mgmt_property_check(const char *bytes, size_t len)
{
	broken = NULL;
	if (rd_ctl_init(DISKS_MAX) < 0)
		return "the files can be created";
	for (;;) {
		const char *end = len ? memchr(bytes, '\f', len) : NULL;
		size_t part = end ? (size_t)(end - bytes) : len;

		if (part > 0)
			write_command(bytes, part < WRITE_MAX ? part : WRITE_MAX);
		if (!end)
			break;
		bytes += part + 1;
		len -= part + 1;
	}
	expect_listing();
	rd_ctl_exit();
	expect(live == 0, "no disk is left");
	return broken;
}
