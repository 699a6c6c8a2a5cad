// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/rapiddisk:
 *
 * mgmt (0200): one command per write; each failure has its own errno:
 *   rapiddisk attach N BYTES [preallocate=0|1] [numa_node=NODE] [owner=TAG]
 *   rapiddisk detach N
 *   rapiddisk resize N BYTES [preallocate=0|1] [owner=TAG]
 * devices: a line per disk.
 * progress: bytes done, and bytes in total, of the preallocation or freeing that is
 * running.
 */
#include <linux/ctype.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/xarray.h>

#include "ctl.h"
#include "disk.h"
#include "disk_types.h"
#include "progress.h"
#include "resize.h"

/* Longest line of `devices`: a name, three numbers of 20 digits, tabs, newline. */
#define RD_LINE_MAX 80

/* Longest command, with its NUL. Four words and three options have 150 bytes at most. */
#define RD_COMMAND_MAX 256

enum rd_verb { RD_ATTACH, RD_DETACH, RD_RESIZE };
enum rd_option { RD_OPTION_PREALLOCATE, RD_OPTION_NUMA_NODE, RD_OPTION_OWNER };

struct rd_command {
	enum rd_verb verb;
	unsigned int number;
	struct rd_disk_options options;
	/* Options given, by BIT(enum rd_option). */
	unsigned long given;
};

/* Constant after rd_ctl_init(). */
static unsigned int rd_max_disks;
static struct kobject *rd_kobj;

/* Serialises commands. Held for the whole of a command. */
static DEFINE_MUTEX(rd_command_lock);

/*
 * Protects rd_disks, rd_nr_disks and rd_listing. Held briefly, so that a reader of
 * `devices` does not wait for a long command. Taken inside rd_command_lock.
 */
static DEFINE_MUTEX(rd_list_lock);
static DEFINE_XARRAY(rd_disks);
static unsigned int rd_nr_disks;

/*
 * The content of `devices` when it was last read from its start. Reading a list of many
 * disks takes several calls, whose results must fit together. Two concurrent readers may
 * still get parts of different moments.
 */
static char *rd_listing;
static size_t rd_listing_len;

/* Written under rd_command_lock, read without it. */
static struct rd_progress rd_progress;

static int rd_do_attach(unsigned int number, const struct rd_disk_options *options)
{
	struct rd_disk *disk;
	int err;

	lockdep_assert_held(&rd_command_lock);
	if (xa_load(&rd_disks, number))
		return -EEXIST;
	if (rd_nr_disks >= rd_max_disks)
		return -ENOSPC;
	/*
	 * Reserve the entry first: a visible disk may be in use, and cannot be removed
	 * again.
	 */
	err = xa_reserve(&rd_disks, number, GFP_KERNEL);
	if (err)
		return err;
	disk = rd_disk_create(number, options, &rd_progress);
	if (IS_ERR(disk)) {
		xa_release(&rd_disks, number);
		return PTR_ERR(disk);
	}
	mutex_lock(&rd_list_lock);
	xa_store(&rd_disks, number, disk, GFP_KERNEL);
	rd_nr_disks++;
	mutex_unlock(&rd_list_lock);
	return 0;
}

static int rd_do_detach(struct rd_disk *disk, bool even_if_open)
{
	int err;

	lockdep_assert_held(&rd_command_lock);
	err = rd_disk_start_removal(disk, even_if_open);
	if (err)
		return err;
	mutex_lock(&rd_list_lock);
	xa_erase(&rd_disks, disk->number);
	rd_nr_disks--;
	mutex_unlock(&rd_list_lock);
	rd_disk_finish_removal(disk, &rd_progress);
	return 0;
}

static int rd_do(const struct rd_command *command)
{
	struct rd_disk *disk;

	lockdep_assert_held(&rd_command_lock);
	if (command->verb == RD_ATTACH)
		return rd_do_attach(command->number, &command->options);
	disk = xa_load(&rd_disks, command->number);
	if (!disk)
		return -ENODEV;
	if (command->verb == RD_DETACH)
		return rd_do_detach(disk, false);
	return rd_disk_resize(disk, &command->options, &rd_progress);
}

static void rd_progress_reset(void)
{
	lockdep_assert_held(&rd_command_lock);
	WRITE_ONCE(rd_progress.done, 0);
	WRITE_ONCE(rd_progress.total, 0);
}

/* Return: the next word of *text; NULL at its end. */
static char *rd_next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, " \t");
	} while (word && !*word);
	return word;
}

/* Parse digits up to @max. kstrtou64() would accept a sign and a newline, too. */
static int rd_parse_number(const char *word, u64 max, u64 *ret)
{
	u64 value;

	if (!word || !isdigit(*word) || !isdigit(word[strlen(word) - 1]))
		return -EINVAL;
	if (kstrtou64(word, 10, &value) || value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int rd_parse_preallocate(const char *value, struct rd_disk_options *options)
{
	u64 number;
	int err = rd_parse_number(value, 1, &number);

	if (!err)
		options->is_kept = number;
	return err;
}

static int rd_parse_node(const char *value, struct rd_disk_options *options)
{
	u64 number;

	if (!strcmp(value, "-1")) {
		options->node = NUMA_NO_NODE;
		return 0;
	}
	if (rd_parse_number(value, MAX_NUMNODES - 1, &number) || !node_online(number))
		return -EINVAL;
	options->node = number;
	return 0;
}

static int rd_parse_owner(const char *value, struct rd_disk_options *options)
{
	size_t len = strlen(value), i;

	if (!len || len > RD_OWNER_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isascii(value[i]) ||
		    (!isalnum(value[i]) && !strchr("._:-", value[i])))
			return -EINVAL;
	options->owner = value;
	return 0;
}

static const struct {
	const char *name;
	int (*parse)(const char *value, struct rd_disk_options *options);
} rd_options[] = {
	[RD_OPTION_PREALLOCATE] = { "preallocate", rd_parse_preallocate },
	[RD_OPTION_NUMA_NODE] = { "numa_node", rd_parse_node },
	[RD_OPTION_OWNER] = { "owner", rd_parse_owner },
};

static const struct {
	const char *name;
	bool has_size;
	/* Options allowed, by BIT(enum rd_option). */
	unsigned long options;
} rd_verbs[] = {
	[RD_ATTACH] = { "attach", true,
			BIT(RD_OPTION_PREALLOCATE) | BIT(RD_OPTION_NUMA_NODE) |
				BIT(RD_OPTION_OWNER) },
	[RD_DETACH] = { "detach", false, 0 },
	[RD_RESIZE] = { "resize", true,
			BIT(RD_OPTION_PREALLOCATE) | BIT(RD_OPTION_OWNER) },
};

static int rd_parse_option(char *word, struct rd_command *command)
{
	char *name = strsep(&word, "=");
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rd_options); i++)
		if (!strcmp(name, rd_options[i].name))
			break;
	if (!word || i == ARRAY_SIZE(rd_options) || command->given & BIT(i) ||
	    !(rd_verbs[command->verb].options & BIT(i)))
		return -EINVAL;
	command->given |= BIT(i);
	return rd_options[i].parse(word, &command->options);
}

static int rd_parse_verb(const char *word, enum rd_verb *ret)
{
	unsigned int i;

	for (i = 0; word && i < ARRAY_SIZE(rd_verbs); i++) {
		if (!strcmp(word, rd_verbs[i].name)) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int rd_parse_size(const char *word, u64 *ret_bytes)
{
	int err = rd_parse_number(word, RD_STORE_MAX_BYTES, ret_bytes);

	if (!err && (!*ret_bytes || *ret_bytes % SECTOR_SIZE))
		err = -EINVAL;
	return err;
}

/*
 * Parse a command. *ret points into @text, which is cut into words.
 *
 * Return: 0; -EINVAL if any part of @text is invalid.
 */
static int rd_parse(char *text, struct rd_command *ret)
{
	struct rd_command command = { .options = { .is_kept = -1,
						   .node = NUMA_NO_NODE } };
	char *word = rd_next_word(&text);
	u64 number;

	if (!word || strcmp(word, "rapiddisk") ||
	    rd_parse_verb(rd_next_word(&text), &command.verb) ||
	    rd_parse_number(rd_next_word(&text), RD_NUMBER_MAX, &number))
		return -EINVAL;
	command.number = number;
	if (rd_verbs[command.verb].has_size &&
	    rd_parse_size(rd_next_word(&text), &command.options.size_bytes))
		return -EINVAL;
	while ((word = rd_next_word(&text)))
		if (rd_parse_option(word, &command))
			return -EINVAL;
	*ret = command;
	return 0;
}

static ssize_t mgmt_store(struct kobject *kobj, struct kobj_attribute *attr,
			  const char *buf, size_t count)
{
	struct rd_command command;
	char text[RD_COMMAND_MAX];
	size_t len = count;
	int err;

	/* A disk takes memory that no limit of a container counts. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	/* One line: refuse a second command in the same write instead of ignoring it. */
	if (len && buf[len - 1] == '\n')
		len--;
	/* On the stack: a disk can be detached to get memory. */
	if (len >= sizeof(text))
		return -EINVAL;
	memcpy(text, buf, len);
	text[len] = '\0';
	if (strlen(text) < len || rd_parse(text, &command))
		return -EINVAL;
	mutex_lock(&rd_command_lock);
	err = rd_do(&command);
	rd_progress_reset();
	mutex_unlock(&rd_command_lock);
	return err ? err : count;
}

static struct kobj_attribute rd_mgmt_attr = __ATTR(mgmt, 0200, NULL, mgmt_store);

static ssize_t progress_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu %llu\n", READ_ONCE(rd_progress.done),
			  READ_ONCE(rd_progress.total));
}

static struct kobj_attribute rd_progress_attr = __ATTR_RO(progress);

static int rd_listing_make(void)
{
	size_t size = (rd_nr_disks + 1) * RD_LINE_MAX, len;
	struct rd_disk *disk;
	unsigned long number;
	char *text;

	lockdep_assert_held(&rd_list_lock);
	text = kvmalloc(size, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	len = scnprintf(text, size, "Device\tSize\tErrors\tUsed\n");
	xa_for_each(&rd_disks, number, disk)
		len += scnprintf(text + len, size - len, "rd%lu\t%llu\t%lld\t%llu\n",
				 number, rd_disk_size_bytes(disk),
				 (s64)atomic64_read(&disk->nr_errors),
				 rd_disk_used_bytes(disk));
	kvfree(rd_listing);
	rd_listing = text;
	rd_listing_len = len;
	return 0;
}

/* A binary attribute. Others end after a page, which some hundred disks fill. */
static ssize_t devices_read(struct file *file, struct kobject *kobj,
			    RD_BIN_ATTRIBUTE *attr, char *buf, loff_t pos, size_t count)
{
	ssize_t len = 0;
	int err = 0;

	mutex_lock(&rd_list_lock);
	if (!pos || !rd_listing)
		err = rd_listing_make();
	if (!err)
		len = memory_read_from_buffer(buf, count, &pos, rd_listing,
					      rd_listing_len);
	mutex_unlock(&rd_list_lock);
	return err ? err : len;
}

static struct bin_attribute rd_devices_attr = {
	.attr = { .name = "devices", .mode = 0444 },
	.read = devices_read,
};

static void rd_remove_all(void)
{
	struct rd_disk *disk;
	unsigned long number;

	mutex_lock(&rd_command_lock);
	xa_for_each(&rd_disks, number, disk)
		rd_do_detach(disk, true);
	rd_progress_reset();
	mutex_unlock(&rd_command_lock);
}

/**
 * rd_ctl_add_disks() - Create disks from rd0 on, when the module is loaded.
 * @nr: number of disks
 * @size_bytes: size of each
 *
 * Context: may sleep.
 * Return: 0; -errno without any disk left.
 */
int rd_ctl_add_disks(unsigned int nr, u64 size_bytes)
{
	const struct rd_disk_options options = {
		.size_bytes = size_bytes,
		.node = NUMA_NO_NODE,
	};
	unsigned int i;
	int err = 0;

	mutex_lock(&rd_command_lock);
	for (i = 0; i < nr && !err; i++)
		err = rd_do_attach(i, &options);
	mutex_unlock(&rd_command_lock);
	if (err)
		rd_remove_all();
	return err;
}

/**
 * rd_ctl_init() - Create /sys/kernel/rapiddisk.
 * @max_disks: largest number of disks
 *
 * Return: 0 or -errno.
 */
int rd_ctl_init(unsigned int max_disks)
{
	int err;

	rd_max_disks = max_disks;
	rd_kobj = kobject_create_and_add("rapiddisk", kernel_kobj);
	if (!rd_kobj)
		return -ENOMEM;
	err = sysfs_create_bin_file(rd_kobj, &rd_devices_attr);
	if (!err)
		err = sysfs_create_file(rd_kobj, &rd_progress_attr.attr);
	/* Last: commands can arrive from here on. */
	if (!err)
		err = sysfs_create_file(rd_kobj, &rd_mgmt_attr.attr);
	if (err)
		rd_ctl_exit();
	return err;
}

/**
 * rd_ctl_exit() - Remove /sys/kernel/rapiddisk and all disks.
 *
 * The removal of a file waits for its readers and writers. Disks are left only if the
 * module is unloaded by force, or has failed to load.
 */
void rd_ctl_exit(void)
{
	if (rd_kobj) {
		sysfs_remove_file(rd_kobj, &rd_mgmt_attr.attr);
		sysfs_remove_file(rd_kobj, &rd_progress_attr.attr);
		sysfs_remove_bin_file(rd_kobj, &rd_devices_attr);
		kobject_put(rd_kobj);
		rd_kobj = NULL;
	}
	rd_remove_all();
	kvfree(rd_listing);
	rd_listing = NULL;
}
